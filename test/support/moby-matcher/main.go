// Answers what moby/patternmatcher says, as BuildKit asks it: line by line, a JSON request and a JSON answer.
// Bytes travel as base64, because neither an ignore file nor a file name needs to be UTF-8.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

type request struct {
	File  []byte   `json:"file"`
	Paths [][]byte `json:"paths"`
}

type answer struct {
	// Ignored has one entry for each path; null: the file or a pattern of it is refused.
	Ignored []bool `json:"ignored"`
	Error   string `json:"error,omitempty"`
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		ignored, err := ask(asked)
		reply := answer{Ignored: ignored}
		if err != nil {
			reply = answer{Error: err.Error()}
		}
		if err := out.Encode(reply); err != nil {
			panic(err)
		}
	}
}

func ask(asked request) ([]bool, error) {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(asked.File))
	if err != nil {
		return nil, err
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, err
	}
	ignored := []bool{}
	for _, path := range asked.Paths {
		matched, err := walk(matcher, string(path))
		if err != nil {
			return nil, err
		}
		ignored = append(ignored, matched)
	}
	return ignored, nil
}

// A walk comes to a path through the folders above it, and hands on what it has learned there.
func walk(matcher *patternmatcher.PatternMatcher, path string) (bool, error) {
	info := patternmatcher.MatchInfo{}
	matched := false
	for at := range len(path) + 1 {
		if at < len(path) && path[at] != '/' {
			continue
		}
		var err error
		matched, info, err = matcher.MatchesUsingParentResults(path[:at], info)
		if err != nil {
			return false, err
		}
	}
	return matched, nil
}
