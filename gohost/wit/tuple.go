package wit

// Tuple2 is a tuple of two values.
type Tuple2[A, B any] struct {
	V0 A
	V1 B
}

// Tuple3 is a tuple of three values.
type Tuple3[A, B, C any] struct {
	V0 A
	V1 B
	V2 C
}

// Tuple4 is a tuple of four values.
type Tuple4[A, B, C, D any] struct {
	V0 A
	V1 B
	V2 C
	V3 D
}

// Tuple5 is a tuple of five values.
type Tuple5[A, B, C, D, E any] struct {
	V0 A
	V1 B
	V2 C
	V3 D
	V4 E
}

// Tuple6 is a tuple of six values.
type Tuple6[A, B, C, D, E, F any] struct {
	V0 A
	V1 B
	V2 C
	V3 D
	V4 E
	V5 F
}

// Tuple7 is a tuple of seven values.
type Tuple7[A, B, C, D, E, F, G any] struct {
	V0 A
	V1 B
	V2 C
	V3 D
	V4 E
	V5 F
	V6 G
}

// Tuple8 is a tuple of eight values.
type Tuple8[A, B, C, D, E, F, G, H any] struct {
	V0 A
	V1 B
	V2 C
	V3 D
	V4 E
	V5 F
	V6 G
	V7 H
}

// Tuple9 is a tuple of nine values.
type Tuple9[A, B, C, D, E, F, G, H, I any] struct {
	V0 A
	V1 B
	V2 C
	V3 D
	V4 E
	V5 F
	V6 G
	V7 H
	V8 I
}

// Tuple10 is a tuple of ten values.
type Tuple10[A, B, C, D, E, F, G, H, I, J any] struct {
	V0 A
	V1 B
	V2 C
	V3 D
	V4 E
	V5 F
	V6 G
	V7 H
	V8 I
	V9 J
}

// Tuple11 is a tuple of eleven values.
type Tuple11[A, B, C, D, E, F, G, H, I, J, K any] struct {
	V0  A
	V1  B
	V2  C
	V3  D
	V4  E
	V5  F
	V6  G
	V7  H
	V8  I
	V9  J
	V10 K
}

// Tuple12 is a tuple of twelve values.
type Tuple12[A, B, C, D, E, F, G, H, I, J, K, L any] struct {
	V0  A
	V1  B
	V2  C
	V3  D
	V4  E
	V5  F
	V6  G
	V7  H
	V8  I
	V9  J
	V10 K
	V11 L
}

// Tuple13 is a tuple of thirteen values.
type Tuple13[A, B, C, D, E, F, G, H, I, J, K, L, M any] struct {
	V0  A
	V1  B
	V2  C
	V3  D
	V4  E
	V5  F
	V6  G
	V7  H
	V8  I
	V9  J
	V10 K
	V11 L
	V12 M
}

// Tuple14 is a tuple of fourteen values.
type Tuple14[A, B, C, D, E, F, G, H, I, J, K, L, M, N any] struct {
	V0  A
	V1  B
	V2  C
	V3  D
	V4  E
	V5  F
	V6  G
	V7  H
	V8  I
	V9  J
	V10 K
	V11 L
	V12 M
	V13 N
}

// Tuple15 is a tuple of fifteen values.
type Tuple15[A, B, C, D, E, F, G, H, I, J, K, L, M, N, O any] struct {
	V0  A
	V1  B
	V2  C
	V3  D
	V4  E
	V5  F
	V6  G
	V7  H
	V8  I
	V9  J
	V10 K
	V11 L
	V12 M
	V13 N
	V14 O
}

// Tuple16 is a tuple of sixteen values.
type Tuple16[A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P any] struct {
	V0  A
	V1  B
	V2  C
	V3  D
	V4  E
	V5  F
	V6  G
	V7  H
	V8  I
	V9  J
	V10 K
	V11 L
	V12 M
	V13 N
	V14 O
	V15 P
}
