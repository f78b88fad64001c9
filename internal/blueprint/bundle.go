package blueprint

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// BundlePath is where a generated repository carries its blueprint.
const BundlePath = ".sill/blueprint.bundle"

const (
	bundleHeader = "groundsill bundle 1"
	lineLength   = 76
	maxFiles     = 20_000
)

// Bundle returns content as one plain-text file that anybody can read and git
// can compress: a header line, then for each file a line with encoding, mode,
// length in bytes and path, followed by that many bytes and a newline. Content
// that is not text is written in base64.
func Bundle(content tree.Tree) []byte {
	var b bytes.Buffer
	b.WriteString(bundleHeader + "\n")
	for p, f := range content.All() {
		data, encoding := f.Data, "text"
		if !isText(data) {
			data, encoding = wrapBase64(data), "base64"
		}
		fmt.Fprintf(&b, "%s %s %d %s\n", encoding, f.Mode, len(data), p)
		b.Write(data)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// ParseBundle reads what Bundle wrote. A bundle is hostile input: every length
// and path is checked, and the error is a *diag.Error of class Refused with
// the line.
func ParseBundle(file string, data []byte) (tree.Tree, error) {
	r := &bundleReader{file: file, rest: data}
	header, err := r.readLine()
	if err != nil || header != bundleHeader {
		return tree.Tree{}, r.fail("is not a bundle: its first line is not "+strconv.Quote(bundleHeader), nil)
	}
	var b tree.Builder
	for files := 0; len(r.rest) > 0; files++ {
		if files >= maxFiles {
			return tree.Tree{}, r.fail(fmt.Sprintf("holds more than %d files", maxFiles), nil)
		}
		p, f, err := r.readFile()
		if err != nil {
			return tree.Tree{}, err
		}
		if err := b.Add(p, f); err != nil {
			return tree.Tree{}, r.fail("holds a path twice", err)
		}
	}
	return b.Tree(), nil
}

// Digest returns "sha256:" and the digest over the files of content in their
// canonical order, whatever they were stored in. It detects damage.
func Digest(content tree.Tree) string {
	h := sha256.New()
	for p, f := range content.All() {
		writeField(h, []byte(p.String()))
		writeField(h, []byte(f.Mode))
		writeField(h, f.Data)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func writeField(w io.Writer, data []byte) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(data)))
	_, _ = w.Write(size[:]) // a hash never fails
	_, _ = w.Write(data)
}

// isText reports whether a person can read data in the bundle: UTF-8 without
// NUL, and without carriage returns, which git could change on the way.
func isText(data []byte) bool {
	return utf8.Valid(data) && !bytes.ContainsAny(data, "\x00\r")
}

func wrapBase64(data []byte) []byte {
	encoded := base64.StdEncoding.EncodeToString(data)
	var b bytes.Buffer
	for len(encoded) > lineLength {
		b.WriteString(encoded[:lineLength] + "\n")
		encoded = encoded[lineLength:]
	}
	b.WriteString(encoded)
	return b.Bytes()
}

type bundleReader struct {
	file string
	rest []byte
	line int
}

func (r *bundleReader) readLine() (string, error) {
	r.line++
	line, rest, found := bytes.Cut(r.rest, []byte("\n"))
	if !found {
		return "", r.fail("ends in the middle of a line", nil)
	}
	r.rest = rest
	return string(line), nil
}

func (r *bundleReader) readFile() (tree.Path, tree.File, error) {
	var none tree.Path
	header, err := r.readLine()
	if err != nil {
		return none, tree.File{}, err
	}
	parts := strings.SplitN(header, " ", 4)
	if len(parts) != 4 {
		return none, tree.File{}, r.fail("has a line that is not «encoding mode length path»", nil)
	}
	size, err := strconv.Atoi(parts[2])
	if err != nil || size < 0 || size >= len(r.rest) || r.rest[size] != '\n' {
		return none, tree.File{}, r.fail("has a length that is not the length of the file", nil)
	}
	mode := tree.Mode(parts[1])
	if mode != tree.Regular && mode != tree.Executable {
		return none, tree.File{}, r.fail("has a mode that is not 0644 or 0755", nil)
	}
	p, err := tree.ParsePath(parts[3])
	if err != nil {
		return none, tree.File{}, r.fail("has a bad path", err)
	}
	data, err := r.decode(parts[0], r.rest[:size])
	if err != nil {
		return none, tree.File{}, err
	}
	r.line += bytes.Count(r.rest[:size+1], []byte("\n"))
	r.rest = r.rest[size+1:]
	return p, tree.File{Data: data, Mode: mode}, nil
}

func (r *bundleReader) decode(encoding string, data []byte) ([]byte, error) {
	switch encoding {
	case "text":
		return bytes.Clone(data), nil
	case "base64":
		raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(data), "\n", ""))
		if err != nil {
			return nil, r.fail("has broken base64", err)
		}
		return raw, nil
	}
	return nil, r.fail("has an encoding that is not text or base64", nil)
}

func (r *bundleReader) fail(why string, cause error) error {
	return diag.Wrap(diag.Refused, cause, diag.Diagnostic{
		Code:    "bundle-broken",
		Summary: "the bundle " + why,
		Hint:    "restore the file from git: git checkout -- " + BundlePath,
		At:      diag.Pos{File: r.file, Line: r.line},
	})
}
