// tlogcheck holds a published history against the Go project's implementation of signed
// notes and tiled logs, which knows nothing of linjuli: that of the checksum database.
//
//	tlogcheck VKEY DIR                every tile, entry and inclusion; prints the size
//	tlogcheck VKEY DIR grew OLD       and that the checkpoint in file OLD is its beginning
//	tlogcheck VKEY DIR proofs FILE    and each proof of inclusion in FILE (tlog-proof)
//	tlogcheck VKEY DIR growth FILE OLD   the proof of growth in FILE, from checkpoint OLD
//	tlogcheck VKEY DIR damage PROOFS GROWTH OLD   changes one byte at ten places: all refused
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// A folder of tiles. tlog-tiles calls tile/L/N what the checksum database calls
// tile/8/L/N, and tile/entries/N what it calls tile/8/data/N.
type folder struct{ dir string }

func (f folder) Height() int                             { return height }
func (f folder) SaveTiles(tiles []tlog.Tile, d [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		b, err := os.ReadFile(f.path(t))
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

func (f folder) path(t tlog.Tile) string {
	p := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", height))
	return filepath.Join(f.dir, "tile", strings.Replace(p, "data/", "entries/", 1))
}

// The note's signature, and what its three lines say.
func open(vkey string, text []byte) (tlog.Tree, error) {
	var tree tlog.Tree
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, err
	}
	n, err := note.Open(text, note.VerifierList(v))
	if err != nil {
		return tree, err
	}
	line := strings.Split(n.Text, "\n")
	if len(line) != 4 || line[3] != "" || line[0] != v.Name() {
		return tree, errors.New("not the three lines of this log")
	}
	tree.N, err = strconv.ParseInt(line[1], 10, 64)
	if err != nil || strconv.FormatInt(tree.N, 10) != line[1] {
		return tree, errors.New("not a tree size")
	}
	tree.Hash, err = tlog.ParseHash(line[2])
	return tree, err
}

func openFile(vkey, name string) (tlog.Tree, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return tlog.Tree{}, err
	}
	return open(vkey, text)
}

// The tile that holds leaf i in a tree of n, at this level.
func tileOf(i, n int64, level int) tlog.Tile {
	at := i >> (height * uint(level))
	t := tlog.Tile{H: height, L: level, N: at >> height, W: 1 << height}
	if left := n>>(height*uint(level)) - t.N<<height; left < int64(t.W) {
		t.W = int(left)
	}
	return t
}

// Every entry of a bundle.
func entries(data []byte, want int) ([][]byte, error) {
	var out [][]byte
	for len(data) >= 2 {
		n := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+n {
			return nil, errors.New("a bundle is cut off")
		}
		out = append(out, data[2:2+n])
		data = data[2+n:]
	}
	if len(data) != 0 || len(out) != want {
		return nil, errors.New("a bundle has another number of entries")
	}
	return out, nil
}

// All tiles below the root, all entries, and the inclusion of each.
func checkAll(f folder, tree tlog.Tree) error {
	r := tlog.TileHashReader(tree, f)
	for i := int64(0); i < tree.N; i += 1 << height {
		t := tileOf(i, tree.N, 0)
		t.L = -1
		data, err := os.ReadFile(f.path(t))
		if err != nil {
			return err
		}
		list, err := entries(data, t.W)
		if err != nil {
			return err
		}
		for k, e := range list {
			p, err := tlog.ProveRecord(tree.N, i+int64(k), r)
			if err == nil {
				err = tlog.CheckRecord(p, tree.N, tree.Hash, i+int64(k), tlog.RecordHash(e))
			}
			if err != nil {
				return fmt.Errorf("entry %d: %w", i+int64(k), err)
			}
		}
	}
	return nil
}

func checkDir(vkey, dir string) (tlog.Tree, error) {
	tree, err := openFile(vkey, filepath.Join(dir, "checkpoint"))
	if err == nil {
		err = checkAll(folder{dir}, tree)
	}
	return tree, err
}

// That the old tree is a beginning of this one, by its own tiles.
func checkGrew(dir string, old, tree tlog.Tree) error {
	p, err := tlog.ProveTree(tree.N, old.N, tlog.TileHashReader(tree, folder{dir}))
	if err != nil {
		return err
	}
	return tlog.CheckTree(p, tree.N, tree.Hash, old.N, old.Hash)
}

// What stands above the empty line, and the checkpoint below.
func split(text string) ([]string, string, error) {
	at := strings.Index(text, "\n\n")
	if at < 0 {
		return nil, "", errors.New("no checkpoint in the proof")
	}
	return strings.Split(text[:at], "\n"), text[at+2:], nil
}

func hashes(lines []string) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, l := range lines {
		h, err := tlog.ParseHash(l)
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

const proofLine = "c2sp.org/tlog-proof@v1\n"

func checkProof(vkey, text string) error {
	line, below, err := split(text)
	if err != nil {
		return err
	}
	tree, err := open(vkey, []byte(below))
	if err != nil {
		return err
	}
	if len(line) < 2 || !strings.HasPrefix(line[0], "extra ") || !strings.HasPrefix(line[1], "index ") {
		return errors.New("not a proof")
	}
	leaf, err := base64.StdEncoding.DecodeString(line[0][len("extra "):])
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(line[1][len("index "):], 10, 64)
	if err != nil {
		return err
	}
	path, err := hashes(line[2:])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
}

func checkProofs(vkey, name string) (int, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	part := strings.Split(string(text), proofLine)
	if part[0] != "" || len(part) < 2 {
		return 0, errors.New("no proof in the file")
	}
	for _, p := range part[1:] {
		if err := checkProof(vkey, p); err != nil {
			return 0, err
		}
	}
	return len(part) - 1, nil
}

func checkGrowth(vkey, name, oldName string) error {
	old, err := openFile(vkey, oldName)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	line, below, err := split(string(text))
	if err != nil {
		return err
	}
	tree, err := open(vkey, []byte(below))
	if err != nil {
		return err
	}
	if line[0] != fmt.Sprintf("old %d", old.N) {
		return errors.New("a proof from another size")
	}
	path, err := hashes(line[1:])
	if err != nil {
		return err
	}
	return tlog.CheckTree(path, tree.N, tree.Hash, old.N, old.Hash)
}

// ---- one byte changed

type change struct {
	what, file string
	at         func(b []byte) int
	check      func() error
}

func offset(n int) func([]byte) int { return func([]byte) int { return n } }

// The first byte of the line that begins with this, and so many on.
func behind(part string, n int) func([]byte) int {
	return func(b []byte) int { return bytes.Index(b, []byte(part)) + len(part) + n }
}

func damage(vkey, dir, proofs, growth, old string) error {
	point := filepath.Join(dir, "checkpoint")
	tree, err := openFile(vkey, point)
	if err != nil {
		return err
	}
	all := func() error { _, err := checkDir(vkey, dir); return err }
	incl := func() error { _, err := checkProofs(vkey, proofs); return err }
	grew := func() error { return checkGrowth(vkey, growth, old) }
	f := folder{dir}
	full, part := tileOf(0, tree.N, 0), tileOf(tree.N-1, tree.N, 0)
	bundle := full
	bundle.L = -1
	last := part
	last.L = -1
	list := []change{
		{"the checkpoint's origin", point, offset(9), all},
		{"the checkpoint's size", point, behind("\n", 0), all},
		{"the checkpoint's root", point, behind("=\n", -10), all},
		{"the signature", point, behind("\u2014 ", 100), all},
		{"a full tile of level 0", f.path(full), offset(1000), all},
		{"the partial tile of level 0", f.path(part), offset(5), all},
		{"the tile of level 1", f.path(tileOf(0, tree.N, 1)), offset(33), all},
		{"a full bundle of entries", f.path(bundle), offset(194*77 + 60), all},
		{"the partial bundle of entries", f.path(last), offset(2 + 150), all},
		{"the length of an entry", f.path(bundle), offset(194 + 1), all},
		{"a hash of a proof of inclusion", proofs, behind("index ", 20), incl},
		{"the leaf of a proof of inclusion", proofs, behind("extra ", 50), incl},
		{"the index of a proof of inclusion", proofs, behind("index ", 0), incl},
		{"a hash of a proof of growth", growth, behind("\n", 7), grew},
		{"the checkpoint in a proof of growth", growth, behind("\n\n", 30), grew},
		{"the older checkpoint of a proof of growth", old, behind("=\n", -10), grew},
	}
	bad := 0
	for _, c := range list {
		was, err := os.ReadFile(c.file)
		if err != nil {
			return err
		}
		if err := c.check(); err != nil {
			return fmt.Errorf("refused before anything was changed: %w", err)
		}
		b := append([]byte(nil), was...)
		b[c.at(b)] ^= 1
		if err := os.WriteFile(c.file, b, 0o644); err != nil {
			return err
		}
		if err := c.check(); err != nil {
			fmt.Printf("refused: %s: %v\n", c.what, err)
		} else {
			fmt.Printf("TAKEN: %s\n", c.what)
			bad++
		}
		if err := os.WriteFile(c.file, was, 0o644); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d changes were not seen", bad)
	}
	return nil
}

func run(arg []string) error {
	if len(arg) < 2 {
		return errors.New("usage: tlogcheck VKEY DIR [grew OLD | proofs FILE | growth FILE OLD | damage PROOFS GROWTH OLD]")
	}
	vkey, dir := arg[0], arg[1]
	what := append(arg[2:], "", "", "", "")
	if what[0] == "damage" {
		return damage(vkey, dir, what[1], what[2], what[3])
	}
	tree, err := checkDir(vkey, dir)
	if err != nil {
		return err
	}
	switch what[0] {
	case "":
		fmt.Println(tree.N)
	case "grew":
		old, err := openFile(vkey, what[1])
		if err == nil {
			err = checkGrew(dir, old, tree)
		}
		if err != nil {
			return err
		}
		fmt.Println(old.N, tree.N)
	case "proofs":
		n, err := checkProofs(vkey, what[1])
		if err != nil {
			return err
		}
		fmt.Println(n)
	case "growth":
		if err := checkGrowth(vkey, what[1], what[2]); err != nil {
			return err
		}
		fmt.Println("grew")
	default:
		return errors.New("unknown: " + what[0])
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tlogcheck:", err)
		os.Exit(1)
	}
}
