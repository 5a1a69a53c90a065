package scrub

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"testing"
	"time"

	"capture/internal/pages"
)

type vectors struct {
	TimeMs int64
	Mapped [2]hex
	Cases  []struct {
		Does              string
		Words, Same, Left []hex
	}
}

type hex uint64

func (h *hex) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseUint(string(text[1:len(text)-1]), 16, 64)
	*h = hex(value)
	return err
}

func bytesOf(words []hex) []byte {
	if words == nil {
		return nil
	}
	bytes := make([]byte, len(words)*8)
	for i, word := range words {
		binary.LittleEndian.PutUint64(bytes[i*8:], uint64(word))
	}
	return bytes
}

func read(t testing.TB) (all vectors, rule *Rule) {
	text, err := os.ReadFile("testdata/words.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	mapped := pages.Runs{{From: uint64(all.Mapped[0]), To: uint64(all.Mapped[1])}}
	return all, NewRule(mapped, time.UnixMilli(all.TimeMs))
}

func TestWords(t *testing.T) {
	all, rule := read(t)
	for _, vector := range all.Cases {
		bytes := bytesOf(vector.Words)
		rule.Scrub(bytes, bytesOf(vector.Same))
		left := make([]hex, len(vector.Words))
		for i := range left {
			left[i] = hex(binary.LittleEndian.Uint64(bytes[i*8:]))
		}
		if !reflect.DeepEqual(left, vector.Left) {
			t.Errorf("%s: %x instead of %x", vector.Does, left, vector.Left)
		}
	}
}

func TestBytesBehindTheLastWordAreDropped(t *testing.T) {
	_, rule := read(t)
	bytes := []byte{1, 0, 0, 0, 0, 0, 0, 0, 'a', 'b'}
	if gone := rule.Scrub(bytes, nil); gone != 2 || bytes[8] != 0 || bytes[9] != 0 || bytes[0] != 1 {
		t.Errorf("%d bytes gone, left %v", gone, bytes)
	}
}

func BenchmarkScrub(b *testing.B) {
	_, rule := read(b)
	for name, word := range map[string]uint64{
		"zeros": 0, "addresses": 0xc000001000, "text": 0x7a69726f68747541, "numbers": 17,
	} {
		page := make([]byte, 1<<20)
		memory := make([]byte, len(page))
		for at := 0; at < len(page); at += 8 {
			binary.LittleEndian.PutUint64(page[at:], word)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			for i := 0; i < b.N; i++ {
				copy(memory, page)
				rule.Scrub(memory, nil)
			}
		})
	}
}
