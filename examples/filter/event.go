package main

import (
	"fmt"

	"example.org/compute-pipeline/examples/filter/filter"
	"example.org/compute-pipeline/gohost/wit"
)

// event is an event in JSON. At most one of seconds, bytes and text is there.
type event struct {
	Time    uint64   `json:"time"`
	Source  string   `json:"source"`
	Level   level    `json:"level"`
	Message string   `json:"message"`
	User    *string  `json:"user,omitempty"`
	Seconds *float64 `json:"seconds,omitempty"`
	Bytes   *uint64  `json:"bytes,omitempty"`
	Text    *string  `json:"text,omitempty"`
}

// level is a level by its name.
type level filter.Level

func (l level) MarshalText() ([]byte, error) { return []byte(filter.Level(l).String()), nil }

func (l *level) UnmarshalText(text []byte) error {
	for v := filter.LevelDebug; v <= filter.LevelError; v++ {
		if v.String() == string(text) {
			*l = level(v)
			return nil
		}
	}
	return fmt.Errorf("there is no level %q", text)
}

func toWIT(events []event) []filter.Event {
	converted := make([]filter.Event, len(events))
	for i, e := range events {
		converted[i] = filter.Event{
			Time: e.Time, Source: e.Source, Level: filter.Level(e.Level), Message: e.Message,
			Measurement: filter.MeasurementNothing{},
		}
		to := &converted[i]
		if e.User != nil {
			to.User = wit.Some(*e.User)
		}
		switch {
		case e.Seconds != nil:
			to.Measurement = filter.MeasurementDuration{Value: *e.Seconds}
		case e.Bytes != nil:
			to.Measurement = filter.MeasurementSize{Value: *e.Bytes}
		case e.Text != nil:
			to.Measurement = filter.MeasurementText{Value: *e.Text}
		}
	}
	return converted
}

func fromWIT(events []filter.Event) []event {
	converted := make([]event, len(events))
	for i, e := range events {
		converted[i] = event{Time: e.Time, Source: e.Source, Level: level(e.Level), Message: e.Message}
		to := &converted[i]
		if e.User.Valid {
			to.User = &e.User.Value
		}
		switch m := e.Measurement.(type) {
		case filter.MeasurementDuration:
			to.Seconds = &m.Value
		case filter.MeasurementSize:
			to.Bytes = &m.Value
		case filter.MeasurementText:
			to.Text = &m.Value
		}
	}
	return converted
}
