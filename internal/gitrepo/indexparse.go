package gitrepo

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// indexParser reads what is between the header of an index and its checksum.
type indexParser struct {
	rest       []byte
	compressed bool
	last       string
}

func (p *indexParser) take(n int) ([]byte, bool) {
	if n < 0 || n > len(p.rest) {
		return nil, false
	}
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	return taken, true
}

func (p *indexParser) entry() (indexEntry, bool) {
	var e indexEntry
	const flagSize = 2
	front, ok := p.take(indexStat + indexHash + flagSize)
	if !ok {
		return e, false
	}
	size := len(front)
	copy(e.stat[:], front)
	copy(e.hash[:], front[indexStat:])
	e.flags = binary.BigEndian.Uint16(front[indexStat+indexHash:])
	if e.flags&flagExtended != 0 {
		more, ok := p.take(flagSize)
		if !ok {
			return e, false
		}
		e.more = binary.BigEndian.Uint16(more)
		size += flagSize
	}
	if p.compressed {
		cut, ok := p.varint()
		if !ok || cut > len(p.last) {
			return e, false
		}
		e.name = p.last[:len(p.last)-cut]
	}
	end := bytes.IndexByte(p.rest, 0)
	name, ok := p.take(end)
	if !ok {
		return e, false
	}
	e.name += string(name)
	p.last = e.name
	pad := 1
	if !p.compressed {
		pad = padding(size + len(e.name))
	}
	_, ok = p.take(pad)
	return e, ok
}

// padding is the NULs that end an entry of this size in versions 2 and 3.
func padding(size int) int {
	const align = 8
	return align - size%align
}

// varint reads a number as offsets in pack files are written.
func (p *indexParser) varint() (int, bool) {
	n := 0
	for i := range 5 {
		b, ok := p.take(1)
		if !ok {
			return 0, false
		}
		if i > 0 {
			n++
		}
		n = n<<7 | int(b[0]&0x7f)
		if b[0]&0x80 == 0 {
			return n, true
		}
	}
	return 0, false
}

func appendVarint(out []byte, n int) []byte {
	digits := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		digits = append(digits, byte(n&0x7f)|0x80)
	}
	slices.Reverse(digits)
	return append(out, digits...)
}

// extensions returns the extension that tells what conflicts were. One that
// git must understand, split and sparse indexes, cannot be passed over.
func (p *indexParser) extensions() (undo []byte, err error) {
	const head = 8 // name, size
	for len(p.rest) > 0 {
		start := p.rest
		front, ok := p.take(head)
		if !ok {
			return nil, errIndexForm
		}
		size := binary.BigEndian.Uint32(front[4:])
		if uint64(size) > uint64(len(p.rest)) {
			return nil, errIndexForm
		}
		if front[0] < 'A' || front[0] > 'Z' {
			return nil, errIndexFeature
		}
		if _, ok = p.take(int(size)); !ok {
			return nil, errIndexForm
		}
		if string(front[:4]) == "REUC" {
			undo = start[:head+int(size)]
		}
	}
	return undo, nil
}
