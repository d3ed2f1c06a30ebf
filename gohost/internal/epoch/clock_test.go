package epoch

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A clock is compared with integers of any length.
func TestClocks(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 16))
	for _, unit := range []Unit{Second, Millisecond, Microsecond, Nanosecond} {
		per := int64(unit.PerSecond())
		for _, origin := range []int64{0, 1, -1, firstSecond * min(per, 1e6), math.MinInt64, math.MaxInt64, 1e18, -1e18} {
			clock := Clock{Unit: unit, Origin: origin}
			for range 3000 {
				stamp := random.Uint64() >> random.IntN(64)
				switch random.IntN(4) {
				case 0:
					stamp = math.MaxUint64 - stamp
				case 1:
					stamp = uint64(-origin) + stamp%1000 - 500 // about 1970
				}
				units := new(big.Int).Add(new(big.Int).SetUint64(stamp), big.NewInt(origin))
				require.Equal(t, units.String(), clock.Text(stamp))
				second, sub := new(big.Int).DivMod(units, big.NewInt(per), new(big.Int))
				valid := second.IsInt64() && firstSecond <= second.Int64() && second.Int64() <= lastSecond
				require.Equal(t, valid, clock.Valid(stamp), "%s from %d: %d", unit, origin, stamp)
				if !valid {
					require.NotEmpty(t, clock.Explain(stamp))
					continue
				}
				at := clock.Time(stamp)
				require.Equal(t, time.Unix(second.Int64(), sub.Int64()*(1e9/per)).UTC(), at)
				again, ok := clock.Timestamp(second.Int64(), sub.Uint64())
				require.True(t, ok)
				require.Equal(t, stamp, again)
			}
			for range 1000 {
				second, sub := random.Int64N(2*lastSecond)-lastSecond, random.Uint64N(uint64(per))
				want := new(big.Int).Mul(big.NewInt(second), big.NewInt(per))
				want.Add(want, new(big.Int).SetUint64(sub)).Sub(want, big.NewInt(origin))
				got, ok := clock.Timestamp(second, sub)
				switch {
				case want.IsUint64():
					require.True(t, ok)
					require.Equal(t, want.Uint64(), got)
				case want.Sign() < 0:
					require.False(t, ok)
					require.Zero(t, got)
				default:
					require.False(t, ok)
					require.Equal(t, uint64(math.MaxUint64), got)
				}
			}
		}
	}
}
