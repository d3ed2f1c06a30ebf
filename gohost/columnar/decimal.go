package columnar

import "math/big"

// signed returns the integer of big-endian bytes in two's complement.
func signed(v []byte) *big.Int {
	whole := new(big.Int).SetBytes(v)
	if len(v) > 0 && v[0] >= 0x80 {
		whole.Sub(whole, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
	}
	return whole
}

// appendDecimal appends the number whole × 10^-scale.
func appendDecimal(dst []byte, whole *big.Int, scale int) []byte {
	begin := len(dst)
	dst = whole.Append(dst, 10)
	if scale <= 0 {
		for range -scale {
			dst = append(dst, '0')
		}
		return dst
	}
	if dst[begin] == '-' {
		begin++
	}
	if lacking := scale + 1 - (len(dst) - begin); lacking > 0 {
		dst = append(dst, make([]byte, lacking)...)
		copy(dst[begin+lacking:], dst[begin:])
		for i := range lacking {
			dst[begin+i] = '0'
		}
	}
	dst = append(dst, 0)
	point := len(dst) - 1 - scale
	copy(dst[point+1:], dst[point:])
	dst[point] = '.'
	return dst
}
