// The compiled reference: Go's bufio.Scanner, measured inside this process when the benchmark asks. It speaks as the Rust program beside
// it does: a line of JSON for each request and for each answer. The program ends when its input does.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	prefix = 4
	// Room for one read; and the most that it may grow to, which is more than a frame of 1 MiB.
	capacity = 64 * 1024
	most     = 2 * 1024 * 1024
)

type request struct {
	Case  string `json:"case"`
	Wire  string `json:"wire"`
	Chunk int    `json:"chunk"`
}

type tally struct {
	Frames      int   `json:"frames"`
	Bytes       int   `json:"bytes"`
	Nanoseconds int64 `json:"nanoseconds"`
}

// What was taken last: a frame that nobody keeps might not be made at all.
var (
	lastBytes []byte
	lastText  string
)

func main() {
	requests := json.NewDecoder(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	path := ""
	var wire []byte
	for {
		var asked request
		if err := requests.Decode(&asked); err == io.EOF {
			return
		} else if err != nil {
			fail(err)
		}
		if asked.Wire != path {
			bytes, err := os.ReadFile(asked.Wire)
			if err != nil {
				fail(err)
			}
			wire, path = bytes, asked.Wire
		}
		if err := answers.Encode(measure(asked, wire)); err != nil {
			fail(err)
		}
	}
}

func measure(asked request, wire []byte) tally {
	var found tally
	start := time.Now()
	scanner := bufio.NewScanner(&reader{wire: wire, chunk: asked.Chunk})
	scanner.Buffer(make([]byte, capacity), most)
	switch asked.Case {
	case "ScanLines, Bytes":
		for scanner.Scan() {
			found.add(scanner.Bytes())
		}
	case "ScanLines, Text":
		for scanner.Scan() {
			found.addText(scanner.Text())
		}
	case "length prefix, Bytes":
		scanner.Split(scanLengthPrefixed)
		for scanner.Scan() {
			found.add(scanner.Bytes())
		}
	default:
		fail(fmt.Errorf("no case %s", asked.Case))
	}
	found.Nanoseconds = time.Since(start).Nanoseconds()
	if err := scanner.Err(); err != nil {
		fail(err)
	}
	return found
}

func (found *tally) add(frame []byte) {
	lastBytes = frame
	found.Frames++
	found.Bytes += len(frame)
}

func (found *tally) addText(frame string) {
	lastText = frame
	found.Frames++
	found.Bytes += len(frame)
}

// scanLengthPrefixed is a split function: frames behind their length in four bytes, big-endian.
func scanLengthPrefixed(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if len(data) >= prefix {
		end := prefix + int(binary.BigEndian.Uint32(data))
		if len(data) >= end {
			return end, data[prefix:end], nil
		}
	}
	if atEOF && len(data) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}

// A connection in memory: each read gives a chunk, or as much of it as there is room for.
type reader struct {
	wire  []byte
	chunk int
	// What is left of the chunk.
	left int
}

func (from *reader) Read(into []byte) (int, error) {
	if len(from.wire) == 0 {
		return 0, io.EOF
	}
	if from.left == 0 {
		from.left = from.chunk
	}
	room := into
	if len(room) > from.left {
		room = room[:from.left]
	}
	count := copy(room, from.wire)
	from.wire = from.wire[count:]
	from.left -= count
	return count, nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
