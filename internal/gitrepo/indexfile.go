package gitrepo

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // The format of the index demands it.
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// The index as gitformat-index(5) describes it. go-git has a reader and a
// writer of it, but its writer forgets flags, mixes up the stages of a
// conflict, and writes extended entries under a version that has none; so
// entries are kept here as they are, byte for byte.
const (
	indexSignature = "DIRC"
	indexHeader    = 12 // signature, version, count
	indexStat      = 40 // times, device, inode, mode, owner, group, size
	indexModeAt    = 24 // in the stat
	indexHash      = sha1.Size

	flagAssume   = 0x8000
	flagExtended = 0x4000
	flagStage    = 0x3000
	flagName     = 0x0fff
	stageShift   = 12
	moreSkip     = 0x4000
	moreIntent   = 0x2000
)

var (
	errIndexForm    = errors.New("the index is damaged")
	errIndexFeature = errors.New("the index has a form that only git reads")
)

// indexFile is the content of an index.
type indexFile struct {
	version uint32
	entries []indexEntry
	undo    []byte // the extension of what conflicts were, whole
}

// indexEntry is one entry as it stands in the file.
type indexEntry struct {
	name  string
	stat  [indexStat]byte
	hash  [indexHash]byte
	flags uint16
	more  uint16 // extended flags
}

// parseIndex reads an index. Nothing at all is an index without entries.
// Extensions that speed git up are forgotten: git makes them anew.
func parseIndex(data []byte) (indexFile, error) {
	f := indexFile{version: 2}
	if len(data) == 0 {
		return f, nil
	}
	if len(data) < indexHeader+indexHash || string(data[:4]) != indexSignature {
		return f, errIndexForm
	}
	body, sum := data[:len(data)-indexHash], data[len(data)-indexHash:]
	want := sha1.Sum(body)                                                        //nolint:gosec // See above.
	if !bytes.Equal(sum, want[:]) && !bytes.Equal(sum, make([]byte, len(want))) { // zero: index.skipHash
		return f, errIndexForm
	}
	f.version = binary.BigEndian.Uint32(body[4:])
	if f.version < 2 || f.version > 4 {
		return f, errIndexFeature
	}
	p := indexParser{rest: body[indexHeader:], compressed: f.version == 4}
	for range binary.BigEndian.Uint32(body[8:]) {
		e, ok := p.entry()
		if !ok {
			return f, errIndexForm
		}
		f.entries = append(f.entries, e)
	}
	var err error
	f.undo, err = p.extensions()
	return f, err
}

// format returns the bytes of the index, with its entries in git's order.
func (f indexFile) format() []byte {
	slices.SortStableFunc(f.entries, func(a, b indexEntry) int {
		if d := strings.Compare(a.name, b.name); d != 0 {
			return d
		}
		return int(a.flags&flagStage) - int(b.flags&flagStage)
	})
	if f.version == 2 && slices.ContainsFunc(f.entries, func(e indexEntry) bool { return e.more != 0 }) {
		f.version = 3
	}
	out := append([]byte(indexSignature), make([]byte, 8)...)
	binary.BigEndian.PutUint32(out[4:], f.version)
	binary.BigEndian.PutUint32(out[8:], uint32(len(f.entries))) //nolint:gosec // As many as git can count.
	last := ""
	for _, e := range f.entries {
		out = e.append(out, f.version == 4, last)
		last = e.name
	}
	out = append(out, f.undo...)
	sum := sha1.Sum(out) //nolint:gosec // See above.
	return append(out, sum[:]...)
}

func (e indexEntry) append(out []byte, compressed bool, last string) []byte {
	start := len(out)
	out = append(append(out, e.stat[:]...), e.hash[:]...)
	flags := e.flags&(flagAssume|flagStage) | uint16(min(len(e.name), flagName))
	if e.more != 0 {
		flags |= flagExtended
	}
	out = binary.BigEndian.AppendUint16(out, flags)
	if e.more != 0 {
		out = binary.BigEndian.AppendUint16(out, e.more)
	}
	if !compressed {
		out = append(out, e.name...)
		return append(out, make([]byte, padding(len(out)-start))...)
	}
	shared := 0
	for shared < min(len(last), len(e.name)) && last[shared] == e.name[shared] {
		shared++
	}
	out = appendVarint(out, len(last)-shared)
	return append(append(out, e.name[shared:]...), 0)
}

// staged returns what the entry says.
func (e indexEntry) staged() staged {
	return staged{
		Name: e.name, Stage: int(e.flags & flagStage >> stageShift),
		Mode: fmt.Sprintf("%06o", binary.BigEndian.Uint32(e.stat[indexModeAt:])), Hash: hex.EncodeToString(e.hash[:]),
		Assume: e.flags&flagAssume != 0, Skip: e.more&moreSkip != 0, Intent: e.more&moreIntent != 0,
	}
}

// indexEntryOf returns an entry that git will compare with the file: nothing
// is noted of what the file looks like.
func indexEntryOf(s staged) (indexEntry, error) {
	e := indexEntry{name: s.Name, flags: uint16(s.Stage) << stageShift} //nolint:gosec // From 0 to 3.
	mode, err := strconv.ParseUint(s.Mode, 8, 32)
	if err != nil {
		return e, err
	}
	binary.BigEndian.PutUint32(e.stat[indexModeAt:], uint32(mode))
	hash, err := hex.DecodeString(s.Hash)
	if err != nil || len(hash) != indexHash {
		return e, errIndexFeature
	}
	copy(e.hash[:], hash)
	if s.Assume {
		e.flags |= flagAssume
	}
	if s.Skip {
		e.more |= moreSkip
	}
	if s.Intent {
		e.more |= moreIntent
	}
	return e, nil
}

// indexEntryWith returns an entry with what it notes of a file.
func indexEntryWith(from *index.Entry) indexEntry {
	e := indexEntry{name: from.Name, hash: from.Hash}
	stat := e.stat[:0]
	for _, at := range []time.Time{from.CreatedAt, from.ModifiedAt} {
		if at.IsZero() {
			at = time.Unix(0, 0)
		}
		stat = binary.BigEndian.AppendUint32(stat, uint32(at.Unix()))       //nolint:gosec // Until 2106, as in git.
		stat = binary.BigEndian.AppendUint32(stat, uint32(at.Nanosecond())) //nolint:gosec // Below 2^30.
	}
	for _, n := range []uint32{from.Dev, from.Inode, uint32(from.Mode), from.UID, from.GID, from.Size} {
		stat = binary.BigEndian.AppendUint32(stat, n)
	}
	return e
}
