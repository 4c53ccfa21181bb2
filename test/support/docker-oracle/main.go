// Answers as Docker would, by the libraries that Docker is made of: line by line, a JSON request and a JSON answer.
// Bytes travel as base64, because neither an ignore file nor the name of a file needs to be UTF-8.
package main

import (
	"bufio"
	"encoding/json"
	"os"
)

type request struct {
	// An ignore file and paths to hold against it, or a tar.
	Ignore []byte   `json:"ignore"`
	Paths  [][]byte `json:"paths"`
	Tar    []byte   `json:"tar"`
}

type answer struct {
	// One for each path.
	Ignored []bool     `json:"ignored,omitempty"`
	Entries []tarEntry `json:"entries,omitempty"`
	Error   string     `json:"error,omitempty"`
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		if err := out.Encode(reply(line)); err != nil {
			panic(err)
		}
	}
}

func reply(line []byte) (given answer) {
	var asked request
	err := json.Unmarshal(line, &asked)
	switch {
	case err != nil:
	case asked.Tar != nil:
		given.Entries, err = readTar(asked.Tar)
	default:
		given.Ignored, err = ignored(asked.Ignore, asked.Paths)
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	return given
}
