package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

type tarEntry struct {
	Type string `json:"type"`
	Path []byte `json:"path"`
	Mode int64  `json:"mode"`
	// The id that git gives to the content, or to the target of a symlink.
	Blob  string `json:"blob"`
	Mtime int64  `json:"mtime"`
}

func readTar(content []byte) ([]tarEntry, error) {
	var entries []tarEntry
	reader := tar.NewReader(bytes.NewReader(content))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(reader)
		if err != nil {
			return nil, err
		}
		if header.Typeflag == tar.TypeSymlink {
			body = []byte(header.Linkname)
		}
		entries = append(entries, tarEntry{
			Type:  string(header.Typeflag),
			Path:  []byte(header.Name),
			Mode:  header.Mode,
			Blob:  blob(body),
			Mtime: header.ModTime.Unix(),
		})
	}
}

func blob(content []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...))
	return hex.EncodeToString(sum[:])
}
