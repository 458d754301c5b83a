package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang/snappy"
	"github.com/grafana/loki/pkg/push"
)

// As much as Loki reads of one push by default. Octets, not compressed.
const mostOctets = 100 << 20

func decode(name string, body []byte) (*push.PushRequest, error) {
	switch {
	case strings.HasSuffix(name, ".snappy"):
		return decodeProtobuf(body)
	case strings.HasSuffix(name, ".json"):
		return decodeJSON(body)
	case strings.HasSuffix(name, ".json.gz"):
		text, err := gunzip(body)
		if err != nil {
			return nil, err
		}
		return decodeJSON(text)
	}
	return nil, errors.New("its name does not end in .snappy, .json or .json.gz")
}

func decodeProtobuf(body []byte) (*push.PushRequest, error) {
	length, err := snappy.DecodedLen(body)
	if err != nil {
		return nil, err
	}
	if length > mostOctets {
		return nil, fmt.Errorf("says that it has %d octets", length)
	}
	message, err := snappy.Decode(nil, body)
	if err != nil {
		return nil, err
	}
	request := &push.PushRequest{}
	return request, request.Unmarshal(message)
}

func gunzip(body []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(reader, mostOctets+1))
	if err == nil && len(text) > mostOctets {
		err = fmt.Errorf("has more than %d octets", mostOctets)
	}
	return text, err
}

// The module of Loki's types has no decoder for this form, except of a map of names. So these are the same rules in
// encoding/json, and stricter: nothing may be there that is not known.
type jsonRequest struct {
	Streams []jsonStream `json:"streams"`
}

type jsonStream struct {
	Stream push.LabelsAdapter `json:"stream"`
	Values []jsonEntry        `json:"values"`
}

type jsonEntry push.Entry

func decodeJSON(text []byte) (*push.PushRequest, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var read jsonRequest
	if err := decoder.Decode(&read); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("goes on after its end")
	}
	request := &push.PushRequest{}
	for _, stream := range read.Streams {
		entries := make([]push.Entry, len(stream.Values))
		for i, value := range stream.Values {
			entries[i] = push.Entry(value)
		}
		request.Streams = append(request.Streams, push.Stream{Labels: selectorOf(stream.Stream), Entries: entries})
	}
	return request, nil
}

// ["1700000000000000001", "line", {"name": "value"}], of which the last may be absent.
func (entry *jsonEntry) UnmarshalJSON(text []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return err
	}
	if len(parts) < 2 || len(parts) > 3 {
		return fmt.Errorf("an entry of %d parts", len(parts))
	}
	var nanoseconds string
	if err := readString(parts[0], &nanoseconds); err != nil {
		return err
	}
	since1970, err := strconv.ParseInt(nanoseconds, 10, 64)
	if err != nil {
		return err
	}
	entry.Timestamp = time.Unix(0, since1970)
	if err := readString(parts[1], &entry.Line); err != nil {
		return err
	}
	if len(parts) == 3 {
		return entry.StructuredMetadata.UnmarshalJSON(parts[2])
	}
	return nil
}

// encoding/json would take null for an empty string.
func readString(text json.RawMessage, into *string) error {
	if text[0] != '"' {
		return fmt.Errorf("%s is no string", text)
	}
	return json.Unmarshal(text, into)
}

// Loki turns the object into a selector, which it then reads as any other.
func selectorOf(labels push.LabelsAdapter) string {
	pairs := make([]string, len(labels))
	for i, label := range labels {
		pairs[i] = label.Name + "=" + strconv.Quote(label.Value)
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}
