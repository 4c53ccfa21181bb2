package main

import (
	"bytes"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

func ignored(file []byte, paths [][]byte) ([]bool, error) {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, err
	}
	var ignored []bool
	for _, path := range paths {
		matched, err := walk(matcher, string(path))
		if err != nil {
			return nil, err
		}
		ignored = append(ignored, matched)
	}
	return ignored, nil
}

// A walk comes to a path through the folders above it, and hands on what it has learned there.
func walk(matcher *patternmatcher.PatternMatcher, path string) (matched bool, err error) {
	info := patternmatcher.MatchInfo{}
	for at := range len(path) + 1 {
		if at < len(path) && path[at] != '/' {
			continue
		}
		matched, info, err = matcher.MatchesUsingParentResults(path[:at], info)
		if err != nil {
			return false, err
		}
	}
	return matched, nil
}
