// Reads captured pushes with Loki's own types of a push: loki-push FILE-OR-FOLDER …
//
// A file is the body of one push, and its name's end says how it was sent: .snappy as protobuf, .json, or .json.gz.
// For each push comes one line of JSON. For each that Loki would refuse the reason goes to standard error, and the
// exit status is 1.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/grafana/loki/pkg/push"
)

// What is told of a push.
type told struct {
	File    string   `json:"file"`
	Streams []stream `json:"streams"`
}

type stream struct {
	// As it was sent, or as Loki would write what was sent as a JSON object.
	Selector string `json:"selector"`
	// What Loki reads from the selector.
	Labels  map[string]string `json:"labels"`
	Entries []entry           `json:"entries"`
}

type entry struct {
	TimeNs string `json:"timeNs"`
	Line   string `json:"line"`
	// In pairs, so that a name that was sent twice shows twice.
	Metadata [][2]string `json:"metadata"`
}

func main() {
	files, err := filesOf(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := json.NewEncoder(os.Stdout)
	status := 0
	for _, file := range files {
		read, err := tell(file)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(file), err)
			status = 1
			continue
		}
		if err := out.Encode(read); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(status)
}

// The files that are named, and those in the folders that are named.
func filesOf(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		inside, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		for _, file := range inside {
			files = append(files, filepath.Join(path, file.Name()))
		}
	}
	return files, nil
}

func tell(file string) (*told, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	request, err := decode(file, body)
	if err != nil {
		return nil, err
	}
	if err := checkRequest(request); err != nil {
		return nil, err
	}
	read := &told{filepath.Base(file), []stream{}}
	for _, sent := range request.Streams {
		labels, err := readSelector(sent.Labels)
		if err != nil {
			return nil, err
		}
		one := stream{Selector: sent.Labels, Labels: labels.Map()}
		for _, sent := range sent.Entries {
			if err := checkEntry(sent); err != nil {
				return nil, err
			}
			one.Entries = append(one.Entries, entryOf(sent))
		}
		read.Streams = append(read.Streams, one)
	}
	return read, nil
}

func entryOf(sent push.Entry) entry {
	pairs := [][2]string{}
	for _, pair := range sent.StructuredMetadata {
		pairs = append(pairs, [2]string{pair.Name, pair.Value})
	}
	return entry{strconv.FormatInt(sent.Timestamp.UnixNano(), 10), sent.Line, pairs}
}
