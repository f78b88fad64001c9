package gitrepo

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/hash"
)

// packed is an object in the form it has in a pack file.
type packed struct {
	hash  plumbing.Hash
	bytes []byte // the header and the deflated content
}

// packer turns content into objects. It is cheap to use again and serves one
// goroutine at a time.
type packer struct {
	out bytes.Buffer
	zip *zlib.Writer
}

func newPacker() (*packer, error) {
	zip, err := zlib.NewWriterLevel(nil, zlib.BestSpeed) // the level git itself adds files with
	if err != nil {
		return nil, fmt.Errorf("deflate: %w", err)
	}
	return &packer{zip: zip}, nil
}

func (p *packer) object(kind plumbing.ObjectType, content []byte) (packed, error) {
	p.out.Reset()
	p.out.Write(packHeader(kind, len(content)))
	p.zip.Reset(&p.out)
	if _, err := p.zip.Write(content); err != nil {
		return packed{}, fmt.Errorf("deflate: %w", err)
	}
	if err := p.zip.Close(); err != nil {
		return packed{}, fmt.Errorf("deflate: %w", err)
	}
	return packed{plumbing.ComputeHash(kind, content), bytes.Clone(p.out.Bytes())}, nil
}

// packHeader returns the kind and the size of an object: four bits of the size
// beside the kind, then seven a byte, the high bit set where more follow.
func packHeader(kind plumbing.ObjectType, size int) []byte {
	const more = 0x80
	first := byte(kind)<<4 | byte(size&0xf) //nolint:gosec // A kind is a small number.
	size >>= 4
	head := make([]byte, 0, binary.MaxVarintLen64)
	if size == 0 {
		return append(head, first)
	}
	return binary.AppendUvarint(append(head, first|more), uint64(size)) //nolint:gosec // A length is not negative.
}

// pack is a pack file and its index.
type pack struct {
	sum         plumbing.Hash
	data, index []byte
}

// newPack packs objects, each hash once.
func newPack(objects []packed) (pack, error) {
	objects = unique(objects)
	index := new(idxfile.Writer)
	count := uint32(len(objects)) //nolint:gosec // Far fewer than four milliards.
	if err := index.OnHeader(count); err != nil {
		return pack{}, fmt.Errorf("index the pack: %w", err)
	}
	data := []byte("PACK\x00\x00\x00\x02")
	data = binary.BigEndian.AppendUint32(data, count)
	for _, o := range objects {
		index.Add(o.hash, uint64(len(data)), crc32.ChecksumIEEE(o.bytes))
		data = append(data, o.bytes...)
	}
	sum := hash.New(hash.CryptoType)
	if _, err := sum.Write(data); err != nil {
		return pack{}, fmt.Errorf("sum up the pack: %w", err)
	}
	p := pack{sum: plumbing.Hash(sum.Sum(nil))}
	p.data = append(data, p.sum[:]...)
	if err := index.OnFooter(p.sum); err != nil {
		return pack{}, fmt.Errorf("index the pack: %w", err)
	}
	return p.withIndex(index)
}

func (p pack) withIndex(w *idxfile.Writer) (pack, error) {
	index, err := w.Index()
	if err != nil {
		return pack{}, fmt.Errorf("index the pack: %w", err)
	}
	var out bytes.Buffer
	if _, err := idxfile.NewEncoder(&out).Encode(index); err != nil {
		return pack{}, fmt.Errorf("index the pack: %w", err)
	}
	p.index = out.Bytes()
	return p, nil
}

func unique(objects []packed) []packed {
	seen := make(map[plumbing.Hash]bool, len(objects))
	kept := make([]packed, 0, len(objects))
	for _, o := range objects {
		if !seen[o.hash] {
			seen[o.hash] = true
			kept = append(kept, o)
		}
	}
	return kept
}
