package main

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/grafana/loki/pkg/push"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// A push of nothing is one: it asks whether somebody takes pushes.
func checkRequest(request *push.PushRequest) error {
	if request.Format != "" {
		return fmt.Errorf("has the format %q, which only Loki itself sets", request.Format)
	}
	for _, stream := range request.Streams {
		if stream.Hash != 0 {
			return errors.New("a stream has a hash, which only Loki itself sets")
		}
		if len(stream.Entries) == 0 {
			return fmt.Errorf("no entries in %s", stream.Labels)
		}
	}
	return nil
}

var promQL = parser.NewParser(parser.Options{})

// Loki reads a selector by Prometheus's parser of a metric, and wants names that need no quotes.
func readSelector(selector string) (labels.Labels, error) {
	read, err := promQL.ParseMetric(selector)
	if err != nil {
		return read, fmt.Errorf("%s: %w", selector, err)
	}
	if read.IsEmpty() {
		return read, errors.New("a stream without labels")
	}
	if !read.IsValid(model.LegacyValidation) {
		return read, fmt.Errorf("%s: not all names are such of labels", selector)
	}
	if name, twice := read.HasDuplicateLabelNames(); twice {
		return read, fmt.Errorf("%s: has %s twice", selector, name)
	}
	return read, nil
}

func checkEntry(entry push.Entry) error {
	if !time.Unix(0, entry.Timestamp.UnixNano()).Equal(entry.Timestamp) {
		return fmt.Errorf("the time %v is not one in nanoseconds since 1970", entry.Timestamp)
	}
	if len(entry.Parsed) > 0 {
		return errors.New("an entry has parsed labels, which only Loki itself sets")
	}
	if !utf8.ValidString(entry.Line) {
		return fmt.Errorf("the line %q is not UTF-8", entry.Line)
	}
	for _, pair := range entry.StructuredMetadata {
		if pair.Name == "" || !utf8.ValidString(pair.Name) || !utf8.ValidString(pair.Value) {
			return fmt.Errorf("the structured metadata %q=%q has no name, or is not UTF-8", pair.Name, pair.Value)
		}
	}
	return nil
}
