package rustname

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Readable names are those of the crate rustc-demangle 0.1.28, in its form without hashes.
func TestNamesOfRust(t *testing.T) {
	for name, want := range map[string]string{
		"_RNvNtCsgXGp5Oqx2Ny_4core10intrinsics8unlikely":                                                                                 "core::intrinsics::unlikely",
		"_RNvNvMsa_NtCsgXGp5Oqx2Ny_4core3fmtNtB7_9Formatter12pad_integral12write_prefix":                                                 "<core::fmt::Formatter>::pad_integral::write_prefix",
		"_RNvXs_NtCs5cOc02OMXlo_5alloc5allocNtB4_6GlobalNtNtCsgXGp5Oqx2Ny_4core5alloc9Allocator4grow":                                    "<alloc::alloc::Global as core::alloc::Allocator>::grow",
		"_RNvXNtNtCsgXGp5Oqx2Ny_4core3str4iterNtB2_5CharsNtNtNtNtB6_4iter6traits8iterator8Iterator4next":                                 "<core::str::iter::Chars as core::iter::traits::iterator::Iterator>::next",
		"_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_":                                                                                           "cc::spawn::{closure#0}::{closure#0}",
		"_RNCINkXs25_NgCsbmNqQUJIY6D_4core5sliceINyB9_4IterhENuNgNoBb_4iter8iterator8Iterator9rpositionNCNgNpB9_6memchr7memrchrs_0E0Bb_": "<core::slice::Iter<u8> as core::iter::iterator::Iterator>::rposition::<core::slice::memchr::memrchr::{closure#1}>::{closure#0}",
		"_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_3std":                               "alloc::alloc::box_free::<dyn alloc::boxed::FnBox<(), Output = ()>>",
		"_RMCs4fqI2P2rA04_13const_genericINtB0_8UnsignedKhb_E":                                                                           "<const_generic::Unsigned<11>>",
		"_RMCs4fqI2P2rA04_13const_genericINtB0_6SignedKs98_E":                                                                            "<const_generic::Signed<152>>",
		"_RMCs4fqI2P2rA04_13const_genericINtB0_6SignedKanb_E":                                                                            "<const_generic::Signed<-11>>",
		"_RMCs4fqI2P2rA04_13const_genericINtB0_4BoolKb0_E":                                                                               "<const_generic::Bool<false>>",
		"_RMCs4fqI2P2rA04_13const_genericINtB0_4BoolKb1_E":                                                                               "<const_generic::Bool<true>>",
		"_RMCs4fqI2P2rA04_13const_genericINtB0_4CharKc76_E":                                                                              "<const_generic::Char<'v'>>",
		"_RMCs4fqI2P2rA04_13const_genericINtB0_4CharKca_E":                                                                               `<const_generic::Char<'\n'>>`,
		"_RMCs4fqI2P2rA04_13const_genericINtB0_3FooKpE":                                                                                  "<const_generic::Foo<_>>",
		"_RC3foo.llvm.9D1C9369":              "foo",
		"_RC3foo":                            "foo",
		"_RNvC1a4main":                       "a::main",
		"_RMC0INtC8arrayvec8ArrayVechKj7b_E": "<arrayvec::ArrayVec<u8, 123>>",
		"_RMC0FG_RL0_hEu":                    "<for<'a> fn(&'a u8)>",
		"_RMC0FKCPhOlTmEEz":                  `<extern "C" fn(*const u8, *mut i32, (u32,)) -> !>`,
		"_RMC0TRL_hQeAhj8_SyTEE":             "<(&u8, &mut str, [u8; 8], [u64], ())>",
		"_RMC0DG_INtC1a1TL0_ENtC1b4SyncEL_":  "<dyn for<'a> a::T<'a> + b::Sync>",
		"_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y": "utf8_idents::საჭმელად_გემრიელი_სადილი",
		// The encoded text is that of Python's codec punycode.
		"_RNvC1au3tda":                "a::ü",
		"_RNvC1au9bcher_kva":          "a::bücher",
		"_RNvC1au11gre_m_mqa4n":       "a::größe_m",
		"_RNvC1au8ab_no82a":           "a::a😀b",
		"_RNvC1au1z":                  "a::punycode{z}", // it ends within a number
		"_RNvC1au2a_":                 "a::punycode{a_}",
		"_RNvC1au3tDa":                "a::punycode{tDa}",
		"_RNvC1au8_99999999":          "a::punycode{99999999}", // beyond the last character
		"_RNvC1au4ab07":               "a::punycode{ab07}",
		"_ZN4testE":                   "test",
		"_ZN4test1a2bcE":              "test::a::bc",
		"_ZN3foo17h05af221e174051e9E": "foo",
		"_ZN3fooE.0":                  "foo.0",
		"_ZN3fooE.llvm.9D1C9369":      "foo",
		"_ZN12test$BP$test4foobE":     "test*test::foob",
		"_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3barE": "<Test + 'static as foo::Bar<Test>>::bar",
	} {
		assert.Equal(t, want, Demangle(name), name)
	}
}

func TestOtherNamesStay(t *testing.T) {
	for _, name := range []string{
		"", "_", "_R", "_ZN", "_ZNE", "main.main", "memcpy", "_ZN1a1bEv", "_ZN9aE", "_ZN99999999999999999999aE", "_RNvC1a", "_RNvC9a1b", "_R0C1a", "_RC1a\x00", "_RC1ü",
		"_RNvC1a99999999999999999999b", "_RMC0FGzzzzzzzzzzzzz_uEu", "_RMC0RL5_h", "_RC1a!", "_RNvB_1a", "_RNvB0_1a", "_RB_", "_RNvB1_1a",
		"_RC1a" + strings.Repeat("x", maxName), "_RNvC0" + "1000_" + strings.Repeat("x", 1000) + strings.Repeat("y", maxName),
	} {
		assert.Equal(t, name, Demangle(name))
	}
}

// A list of tuples, each of two references to the one before, doubles with each.
func TestNamesThatWouldGrow(t *testing.T) {
	name := "_RMC0" + "T"
	at := len("MC0T")
	name += "ThhE"
	for range 60 {
		back := "B" + base62(at) + "_"
		at = len(name) - len("_R")
		name += "T" + back + back + "E"
	}
	name += "E"
	got := Demangle(name)
	assert.Len(t, got, maxName+len("…"))
	assert.True(t, strings.HasPrefix(got, "<((u8, u8), ((u8, u8), (u8, u8)), (((u8"), got)
	for _, deep := range []string{strings.Repeat("R", 1000) + "h", strings.Repeat("S", 500) + strings.Repeat("h", 500), strings.Repeat("T", 1000)} {
		assert.Equal(t, "_RMC0"+deep, Demangle("_RMC0"+deep))
	}
}

func base62(n int) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if n == 0 {
		return ""
	}
	text := ""
	for n--; ; n /= 62 {
		text = digits[n%62:n%62+1] + text
		if n < 62 {
			return text
		}
	}
}

func TestLinesOfATrace(t *testing.T) {
	for line, want := range map[string]string{
		"._RNvC1a4main(i32,i32) i32":           ".a::main(i32,i32) i32",
		"._ZN1a1b17h05af221e174051e9E()":       ".a::b()",
		".main.main()":                         ".main.main()",
		"\t/src/lib.rs:1:2":                    "\t/src/lib.rs:1:2",
		"._RNvC1a4main":                        "._RNvC1a4main",
		"... maybe followed by omitted frames": "... maybe followed by omitted frames",
		"":                                     "",
	} {
		assert.Equal(t, want, InTrace(line))
	}
}

func FuzzDemangle(f *testing.F) {
	for _, name := range []string{
		"_RNCINkXs25_NgCsbmNqQUJIY6D_4core5sliceINyB9_4IterhENuNgNoBb_4iter8iterator8Iterator9rpositionNCNgNpB9_6memchr7memrchrs_0E0Bb_",
		"_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_3std",
		"_RMC0FG_RL0_hEu", "_RMC0FKCPhOlTmEEz", "_RMC0DG_INtC1a1TL0_ENtC1b4SyncEL_", "_RMCs4fqI2P2rA04_13const_genericINtB0_6SignedKanb_E",
		"_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3barE",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := Demangle(name)
		require.LessOrEqual(t, len(got), max(len(name), maxName+len("…")))
		if utf8.ValidString(name) {
			require.True(t, utf8.ValidString(got), "%q", got)
		}
	})
}
