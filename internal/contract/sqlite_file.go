package contract

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
)

// errSQLiteFile says that a file is not a database that can be read here.
var errSQLiteFile = errors.New("the SQLite file cannot be read")

const (
	interiorPage = 5
	leafPage     = 13
	walHeader    = 32
	frameHeader  = 24
)

// sqliteFile is an SQLite database as its pages, the log applied.
type sqliteFile struct {
	size int
	data []byte
	log  map[uint32][]byte
}

// sqliteSchema returns the statements of the schema table, sorted, from the
// bytes of a database and of its write-ahead log.
func sqliteSchema(data, log []byte) (string, error) {
	p := sqliteFile{data: data, log: committed(log)}
	if len(data) < 100 {
		first, ok := p.log[1]
		if !ok {
			return "", nil // nothing was ever written
		}
		data = first
	}
	p.size = int(binary.BigEndian.Uint16(data[16:]))
	if p.size == 1 {
		p.size = 65536
	}
	if p.size < 512 {
		return "", errSQLiteFile
	}
	var all []string
	if err := p.walk(1, 0, &all); err != nil {
		return "", err
	}
	slices.Sort(all)
	return strings.Join(all, "\n"), nil
}

// committed returns the newest committed content of each page in a log.
func committed(log []byte) map[uint32][]byte {
	if len(log) < walHeader {
		return nil
	}
	size, salt := int(binary.BigEndian.Uint32(log[8:])), string(log[16:24])
	done, open := map[uint32][]byte{}, map[uint32][]byte{}
	for at := walHeader; at+frameHeader+size <= len(log); at += frameHeader + size {
		head := log[at : at+frameHeader]
		if string(head[8:16]) != salt {
			break
		}
		open[binary.BigEndian.Uint32(head)] = log[at+frameHeader : at+frameHeader+size]
		if binary.BigEndian.Uint32(head[4:]) != 0 {
			maps.Copy(done, open)
			clear(open)
		}
	}
	return done
}

func (p sqliteFile) page(number uint32) []byte {
	if page, ok := p.log[number]; ok {
		return page
	}
	end := int(number) * p.size
	if number == 0 || end > len(p.data) {
		return nil
	}
	return p.data[end-p.size : end]
}

// walk visits the table that starts at a page and collects the last column of
// each row, which in the schema table is the statement.
func (p sqliteFile) walk(number uint32, depth int, all *[]string) error {
	page := p.page(number)
	if page == nil || depth > 20 {
		return errSQLiteFile
	}
	head := 0
	if number == 1 {
		head = 100
	}
	cells := int(binary.BigEndian.Uint16(page[head+3:]))
	list := head + 8
	if page[head] == interiorPage {
		list = head + 12
	} else if page[head] != leafPage {
		return errSQLiteFile
	}
	if list+2*cells > len(page) {
		return errSQLiteFile
	}
	for i := range cells {
		at := int(binary.BigEndian.Uint16(page[list+2*i:]))
		if err := p.cell(page, at, page[head] == leafPage, depth, all); err != nil {
			return err
		}
	}
	if page[head] == interiorPage {
		return p.walk(binary.BigEndian.Uint32(page[head+8:]), depth+1, all)
	}
	return nil
}

func (p sqliteFile) cell(page []byte, at int, leaf bool, depth int, all *[]string) error {
	if at+4 > len(page) {
		return errSQLiteFile
	}
	if !leaf {
		return p.walk(binary.BigEndian.Uint32(page[at:]), depth+1, all)
	}
	length, n := varint(page[at:])
	_, m := varint(page[min(at+n, len(page)):])
	if at+n+m > len(page) {
		return errSQLiteFile
	}
	row, err := p.row(page[at+n+m:], int(length)) //nolint:gosec // checked against the page in row
	if err != nil {
		return err
	}
	text, err := lastColumn(row)
	if err != nil {
		return err
	}
	if text != "" {
		*all = append(*all, text)
	}
	return nil
}

// row returns the content of a row, whose end may be on pages of its own.
func (p sqliteFile) row(rest []byte, length int) ([]byte, error) {
	longest := p.size - 35
	if length <= longest && length <= len(rest) {
		return rest[:length], nil
	}
	least := (p.size-12)*32/255 - 23
	local := least + (length-least)%(p.size-4)
	if local > longest {
		local = least
	}
	if length < 0 || length > 1<<24 || local+4 > len(rest) {
		return nil, errSQLiteFile
	}
	row := slices.Clone(rest[:local])
	next := binary.BigEndian.Uint32(rest[local:])
	for len(row) < length {
		page := p.page(next)
		if page == nil {
			return nil, errSQLiteFile
		}
		row = append(row, page[4:min(len(page), 4+length-len(row))]...)
		next = binary.BigEndian.Uint32(page)
	}
	return row, nil
}

// lastColumn returns the text of the last column of a row; NULL is nothing.
func lastColumn(row []byte) (string, error) {
	head, at := varint(row)
	if head > uint64(len(row)) {
		return "", errSQLiteFile
	}
	kind := uint64(0)
	for uint64(at) < head { //nolint:gosec // at is small and positive
		var n int
		kind, n = varint(row[at:])
		at += n
	}
	if kind < 13 {
		return "", nil
	}
	length := (kind - 13) / 2
	if length > uint64(len(row)) {
		return "", errSQLiteFile
	}
	return string(row[uint64(len(row))-length:]), nil
}

// varint reads a number of SQLite's variable-length form and its length.
func varint(data []byte) (value uint64, length int) {
	for i, b := range data {
		if i == 8 {
			return value<<8 | uint64(b), 9
		}
		value = value<<7 | uint64(b&0x7f)
		if b < 0x80 {
			return value, i + 1
		}
	}
	return value, max(1, len(data))
}
