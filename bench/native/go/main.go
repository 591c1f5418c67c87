// What Go's bufio.Scanner does on the benchmark's bytes.
//
// A line on standard input asks (`rule frame chunk total`), a line on standard output answers (`frames bytes nanoseconds`): one pass over
// bytes that were there before the clock started. It ends when its input does.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"time"
)

// chunked gives at most one chunk a read, as a socket does.
type chunked struct {
	rest  []byte
	chunk int
}

func (c *chunked) Read(into []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(into, c.rest[:min(c.chunk, len(c.rest))])
	c.rest = c.rest[n:]
	return n, nil
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func lengthPrefixed(data []byte, atEOF bool) (int, []byte, error) {
	if len(data) < 4 {
		return 0, nil, nil
	}
	end := 4 + int(binary.BigEndian.Uint32(data))
	if len(data) < end {
		return 0, nil, nil
	}
	return end, data[4:end], nil
}

func main() {
	requests := bufio.NewScanner(os.Stdin)
	for requests.Scan() {
		var rule string
		var frame, chunk, total int
		if _, err := fmt.Sscan(requests.Text(), &rule, &frame, &chunk, &total); err != nil {
			panic(err)
		}
		one := bytes.Repeat([]byte{'a'}, frame)
		split := bufio.ScanLines
		if rule == "length" {
			binary.BigEndian.PutUint32(one, uint32(frame-4))
			split = lengthPrefixed
		} else {
			one[frame-1] = '\n'
		}
		input := bytes.Repeat(one, total/frame)
		start := time.Now()
		scanner := bufio.NewScanner(&chunked{input, chunk})
		scanner.Buffer(make([]byte, 0, 64*1024), 16*1024*1024)
		scanner.Split(split)
		frames, length := 0, 0
		for scanner.Scan() {
			frames++
			length += len(scanner.Bytes())
		}
		if scanner.Err() != nil {
			panic(scanner.Err())
		}
		fmt.Println(frames, length, time.Since(start).Nanoseconds())
	}
}
