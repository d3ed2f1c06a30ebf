package plugin_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/plugin"
)

// claiming returns the module with a claim.
func claiming(t *testing.T, wasm []byte, g grade.Grade) []byte {
	t.Helper()
	out, err := grade.Claim(wasm, g)
	require.NoError(t, err)
	return out
}

func TestAVersionShowsWhatItClaims(t *testing.T) {
	reg := newRegistry(t)
	for name, c := range map[string]struct {
		source plugin.Source
		want   grade.Grade
	}{
		"silent":   {plugin.Bytes(engine(t)), grade.Stable},
		"stable":   {plugin.Bytes(claiming(t, engine(t), grade.Stable)), grade.Stable},
		"exact":    {plugin.Bytes(claiming(t, engine(t), grade.Exact)), grade.Exact},
		"embedded": {plugin.Embedded(), grade.Exact},
	} {
		v, err := reg.Load(ctx, name, c.source)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, v.Grade, name)
		st, err := reg.Status(name)
		require.NoError(t, err)
		assert.Equal(t, c.want, st.Active.Grade, name)
		assert.Equal(t, c.want, st.Stats.Grade, name)
		assert.Equal(t, c.want, st.Versions[0].Stats.Grade, name)
	}
}

func TestARequiredGrade(t *testing.T) {
	reg := newRegistry(t, plugin.WithRequireGrade(grade.Exact))
	_, err := reg.Load(ctx, "a", plugin.Bytes(engine(t)))
	require.ErrorIs(t, err, plugin.ErrGrade)
	assert.EqualError(t, err, `load of plugin "a": grade too low: it claims none, which means "stable"; required is "exact"`)
	_, err = reg.Load(ctx, "a", plugin.Bytes(claiming(t, engine(t), grade.Stable)))
	require.ErrorIs(t, err, plugin.ErrGrade)
	assert.ErrorContains(t, err, `it claims "stable"; required is "exact"`)
	_, err = reg.Load(ctx, "a", plugin.Bytes(claiming(t, engine(t), grade.Exact)))
	require.NoError(t, err)
	_, err = reg.Load(ctx, "b", plugin.Embedded())
	require.NoError(t, err)
}

func TestClaimsThatCannotBe(t *testing.T) {
	reg := newRegistry(t)
	_, err := reg.Load(ctx, "a", plugin.Bytes(append(claiming(t, engine(t), grade.Stable), claiming(t, []byte("\x00asm\x01\x00\x00\x00"), grade.Exact)[8:]...)))
	require.ErrorIs(t, err, gohost.ErrContract)
	assert.ErrorContains(t, err, `claim both "stable" and "exact"`)
	// What the bytes are is for gohost.Load to say.
	_, err = reg.Load(ctx, "a", plugin.Bytes([]byte("no module")))
	require.ErrorIs(t, err, gohost.ErrModule)
	assert.NotContains(t, err.Error(), "section")
}

func TestOnlyTheEnginesContractHasGrades(t *testing.T) {
	_, err := plugin.NewRegistry(countersBinding(ignore), plugin.WithRequireGrade(grade.Exact))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	assert.ErrorContains(t, err, "WithRequireGrade: only the engine's contract has grades")

	reg, err := plugin.NewRegistry(countersBinding(ignore), plugin.WithRequireGrade(grade.Stable))
	require.NoError(t, err)
	v, err := reg.Load(ctx, "c", plugin.Bytes(countersModule(t)))
	require.NoError(t, err)
	assert.Empty(t, v.Grade)
	require.NoError(t, reg.Close(ctx))
}

// approximate is an engine with other answers of one function.
type approximate struct {
	gohost.Functions
	aggregate func(points []gohost.Datapoint) gohost.Aggregate
	validate  func(points []gohost.Datapoint, err error) ([]gohost.Datapoint, error)
}

func (a approximate) HasSummary() bool { return false }

func (a approximate) ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (gohost.Aggregate, error) {
	if a.aggregate == nil {
		return a.Functions.ComputeAggregate(ctx, points)
	}
	return a.aggregate(points), nil
}

func (a approximate) ValidateStream(ctx context.Context, raw []byte) ([]gohost.Datapoint, error) {
	points, err := a.Functions.ValidateStream(ctx, raw)
	if a.validate == nil {
		return points, err
	}
	return a.validate(points, err)
}

// twoPass is the usual algorithm.
func twoPass(points []gohost.Datapoint) (a gohost.Aggregate) {
	if len(points) == 0 {
		return a
	}
	n := float64(len(points))
	for _, p := range points {
		a.Sum += p.Value
	}
	a.Mean = a.Sum / n
	for _, p := range points {
		a.Variance += (p.Value - a.Mean) * (p.Value - a.Mean)
	}
	a.Variance /= n
	return a
}

func onePass(points []gohost.Datapoint) (a gohost.Aggregate) {
	a = twoPass(points)
	squares := 0.0
	for _, p := range points {
		squares += float64(p.Value * p.Value)
	}
	if len(points) > 0 {
		a.Variance = squares/float64(len(points)) - a.Mean*a.Mean
	}
	return a
}

func TestSelfTestHoldsAModuleToItsGrade(t *testing.T) {
	e, err := gohost.New(ctx)
	require.NoError(t, err)
	defer func() { assert.NoError(t, e.Close(ctx)) }()
	require.NoError(t, plugin.SelfTestOf(ctx, e, grade.Exact))
	require.NoError(t, plugin.SelfTestOf(ctx, e, grade.Stable))

	stable := approximate{Functions: e, aggregate: twoPass}
	require.NoError(t, plugin.SelfTestOf(ctx, stable, grade.Stable))
	err = plugin.SelfTestOf(ctx, stable, grade.Exact)
	require.ErrorIs(t, err, plugin.ErrSelfTest)
	require.EqualError(t, plugin.SelfTest(ctx, stable), err.Error())
	var v *grade.Violation
	require.ErrorAs(t, err, &v)
	assert.Equal(t, "compute-aggregate", v.Function)

	require.ErrorIs(t, plugin.SelfTestOf(ctx, approximate{Functions: e, aggregate: onePass}, grade.Stable), plugin.ErrSelfTest)

	// Every text is refused, or every refused text is read.
	for _, validate := range []func(points []gohost.Datapoint, err error) ([]gohost.Datapoint, error){
		func([]gohost.Datapoint, error) ([]gohost.Datapoint, error) {
			return nil, &gohost.GuestError{Message: "Parse failed: no"}
		},
		func([]gohost.Datapoint, error) ([]gohost.Datapoint, error) { return values(1), nil },
		func([]gohost.Datapoint, error) ([]gohost.Datapoint, error) { return nil, gohost.ErrTrap },
	} {
		err := plugin.SelfTestOf(ctx, approximate{Functions: e, validate: validate}, grade.Stable)
		require.ErrorIs(t, err, plugin.ErrSelfTest)
		assert.ErrorContains(t, err, "vector validate-stream/")
	}
}
