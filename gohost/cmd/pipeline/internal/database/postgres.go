package database

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"example.org/compute-pipeline/gohost/input"
)

// postgresAnswer is the answer of PostgreSQL.
type postgresAnswer struct {
	conn   *pgx.Conn
	tx     pgx.Tx
	query  string
	types  []uint32 // of all columns
	rows   pgx.Rows
	chosen []int
}

// binaryTypes are types that are sent as numbers, which need no parsing. The others are sent as text.
var binaryTypes = pgx.QueryResultFormatsByOID{
	pgtype.Int2OID: pgx.BinaryFormatCode, pgtype.Int4OID: pgx.BinaryFormatCode, pgtype.Int8OID: pgx.BinaryFormatCode,
	pgtype.Float4OID: pgx.BinaryFormatCode, pgtype.Float8OID: pgx.BinaryFormatCode, pgtype.BoolOID: pgx.BinaryFormatCode,
	pgtype.TimestampOID: pgx.BinaryFormatCode, pgtype.TimestamptzOID: pgx.BinaryFormatCode, pgtype.DateOID: pgx.BinaryFormatCode,
}

// connectTimeout bounds the wait for a server, unless the connection string does.
const connectTimeout = 30 * time.Second

func openPostgres(ctx context.Context, from, query string) (_ answer, _ []string, err error) {
	config, err := pgx.ParseConfig(from)
	if err != nil {
		return nil, nil, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "pipeline"
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, nil, err
	}
	a := &postgresAnswer{conn: conn, query: query}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if a.tx, err = conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly}); err != nil {
		return nil, nil, err
	}
	described, err := a.tx.Prepare(ctx, "pipeline", query)
	if err != nil {
		return nil, nil, explain(err)
	}
	if len(described.ParamOIDs) > 0 {
		return nil, nil, errors.New("the query has parameters such as $1; write their values into it")
	}
	if len(described.Fields) == 0 {
		return nil, nil, errors.New("the query gives no rows")
	}
	names := make([]string, len(described.Fields))
	for i, f := range described.Fields {
		names[i] = f.Name
		a.types = append(a.types, f.DataTypeOID)
	}
	return a, names, nil
}

// explain adds the position in the query, and what the server suggests.
func explain(err error) error {
	var failed *pgconn.PgError
	if !errors.As(err, &failed) {
		return err
	}
	text := failed.Message
	if failed.Position > 0 {
		text += fmt.Sprintf(" (character %d of the query)", failed.Position)
	}
	if failed.Hint != "" {
		text += "; " + failed.Hint
	}
	return &serverError{fmt.Sprintf("PostgreSQL: %s (SQLSTATE %s)", text, failed.Code), err}
}

// A serverError is an error of the server in our words.
type serverError struct {
	text  string
	cause error
}

func (e *serverError) Error() string { return e.text }
func (e *serverError) Unwrap() error { return e.cause }

func (a *postgresAnswer) begin(ctx context.Context, columns []int) error {
	a.chosen = columns
	var err error
	a.rows, err = a.tx.Query(ctx, "pipeline", binaryTypes)
	return err
}

func (a *postgresAnswer) fill(_ context.Context, columns []input.Column, n int) (int, error) {
	for i := range columns {
		kind, unit := postgresKind(a.types[a.chosen[i]])
		columns[i].Reset(kind, unit)
	}
	row := 0
	for ; row < n && a.rows.Next(); row++ {
		values := a.rows.RawValues()
		for i, column := range a.chosen {
			if values[column] == nil {
				markMissing(&columns[i], row, n)
				continue
			}
			if err := appendPostgres(&columns[i], a.types[column], values[column]); err != nil {
				return row, err
			}
		}
	}
	if row < n {
		a.rows.Close()
		if err := a.rows.Err(); err != nil {
			return row, explain(err)
		}
	}
	return row, nil
}

// postgresKind returns what the values of a type are.
func postgresKind(oid uint32) (input.ColumnKind, input.Unit) {
	switch oid {
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		return input.Integers, ""
	case pgtype.Float4OID, pgtype.Float8OID:
		return input.Floats, ""
	case pgtype.NumericOID:
		return input.Decimals, ""
	case pgtype.BoolOID:
		return input.Booleans, ""
	case pgtype.TimestamptzOID:
		return input.Instants, input.Microsecond
	case pgtype.TimestampOID:
		return input.LocalTimes, input.Microsecond
	case pgtype.DateOID:
		return input.Dates, ""
	}
	return input.Texts, ""
}

// Times of PostgreSQL count from 2000.
const (
	daysTo2000   = 10957
	microsTo2000 = daysTo2000 * 24 * 3600 * 1e6
)

// appendPostgres appends a value in the format of the wire.
func appendPostgres(c *input.Column, oid uint32, v []byte) error {
	if size := map[uint32]int{pgtype.Int2OID: 2, pgtype.Int4OID: 4, pgtype.Int8OID: 8, pgtype.Float4OID: 4, pgtype.Float8OID: 8, pgtype.BoolOID: 1, pgtype.TimestamptzOID: 8, pgtype.TimestampOID: 8, pgtype.DateOID: 4}[oid]; size > 0 && len(v) != size {
		return fmt.Errorf("the server sent a value of %d bytes; expected %d", len(v), size)
	}
	integer := func(v int64) { c.Integers = append(c.Integers, v) }
	switch oid {
	case pgtype.Int2OID:
		integer(int64(int16(binary.BigEndian.Uint16(v))))
	case pgtype.Int4OID:
		integer(int64(int32(binary.BigEndian.Uint32(v))))
	case pgtype.Int8OID:
		integer(int64(binary.BigEndian.Uint64(v)))
	case pgtype.Float4OID:
		c.Floats = append(c.Floats, float64(math.Float32frombits(binary.BigEndian.Uint32(v))))
	case pgtype.Float8OID:
		c.Floats = append(c.Floats, math.Float64frombits(binary.BigEndian.Uint64(v)))
	case pgtype.BoolOID:
		integer(int64(v[0]))
	case pgtype.TimestamptzOID, pgtype.TimestampOID:
		// Infinity, and what is beyond the range when it counts from 1970, is no time anyway.
		t := int64(binary.BigEndian.Uint64(v))
		if t > math.MaxInt64-microsTo2000 {
			t = math.MaxInt64 - microsTo2000
		}
		if t != math.MinInt64 {
			t += microsTo2000
		}
		integer(t)
	case pgtype.DateOID:
		switch t := int32(binary.BigEndian.Uint32(v)); t {
		case math.MaxInt32:
			integer(math.MaxInt64)
		case math.MinInt32:
			integer(math.MinInt64)
		default:
			integer(int64(t) + daysTo2000)
		}
	default:
		c.AppendText(v)
	}
	return nil
}

// close ends the transaction. A query that still runs is cancelled: closing the connection alone would
// let the server find out by itself.
func (a *postgresAnswer) close() error {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if a.rows != nil && a.rows.Err() == nil && a.conn.PgConn().IsBusy() {
		_ = a.conn.PgConn().CancelRequest(ctx)
	}
	return a.conn.Close(ctx)
}
