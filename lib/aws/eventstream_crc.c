#include "aws/eventstream_crc.h"

#include <zlib.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_FOLDING 1
#include <immintrin.h>
#include <string.h>
#endif

#ifdef HAVE_FOLDING
/*
 * Folding by carry-less multiplication: V. Gopal and others, "Fast CRC
 * Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel,
 * 2009.  Each step replaces 16 bytes by their remainder d bits further on; the
 * constants are the bit-reflected x^(d + 32) mod P and x^(d - 32) mod P of the
 * polynomial P = 0x104c11db7.  The last three reduce 128 bits to 32 (Barrett).
 */
#define FOLD __attribute__((target("pclmul,sse4.1")))
#define WIDE __attribute__((target("pclmul,sse4.1,avx512f,vpclmulqdq")))

FOLD static inline __m128i
load(const uint8_t *p)
{
	return _mm_loadu_si128((const void *)p);
}

/* The remainder of x, moved on by the distance in k, into the data there. */
FOLD static inline __m128i
fold(__m128i x, __m128i k, __m128i data)
{
	__m128i low = _mm_clmulepi64_si128(x, k, 0x00);
	__m128i high = _mm_clmulepi64_si128(x, k, 0x11);

	return _mm_xor_si128(_mm_xor_si128(low, high), data);
}

FOLD static uint32_t
reduce(__m128i x)
{
	const __m128i low32 = _mm_set_epi32(0, 0, 0, -1);
	const __m128i by64 = _mm_set_epi64x(0, 0xccaa009e);
	const __m128i by32 = _mm_set_epi64x(0, 0x163cd6124);
	const __m128i barrett = _mm_set_epi64x(0x1f7011641, 0x1db710641);
	__m128i t;

	/* 128 bits to 96, to 64 */
	t = _mm_clmulepi64_si128(by64, x, 0x00);
	x = _mm_xor_si128(_mm_srli_si128(x, 8), t);
	t = _mm_clmulepi64_si128(_mm_and_si128(x, low32), by32, 0x00);
	x = _mm_xor_si128(_mm_srli_si128(x, 4), t);
	/* to 32: quotient by the reciprocal, times P */
	t = _mm_clmulepi64_si128(_mm_and_si128(x, low32), barrett, 0x10);
	t = _mm_clmulepi64_si128(_mm_and_si128(t, low32), barrett, 0x00);
	return (uint32_t)_mm_extract_epi32(_mm_xor_si128(x, t), 1);
}

/*
 * Up to 15 bytes: zeros before the first byte leave a CRC alone, so they fill
 * the block up.  What of crc lies beyond the last byte stays as it is.
 */
FOLD static inline uint32_t
crc_short(uint32_t crc, const uint8_t *p, size_t n)
{
	uint64_t words[2] = { 0, 0 };
	uint8_t *block = (uint8_t *)words;
	uint32_t first = 0;

	if (n < 4) {
		for (size_t i = 0; i < n; i++)
			first |= (uint32_t)p[i] << (8 * i);
		first = (first ^ crc) << (32 - 8 * n);
		return reduce(_mm_set_epi32((int)first, 0, 0, 0)) ^
		       (uint32_t)((uint64_t)crc >> (8 * n));
	}
	memcpy(block + sizeof(words) - n, p, n);
	memcpy(&first, p, 4);
	first ^= crc;
	memcpy(block + sizeof(words) - n, &first, 4);
	return reduce(_mm_set_epi64x((int64_t)words[1], (int64_t)words[0]));
}

/* The CRC of what a is the remainder of, and n more bytes. */
FOLD static inline uint32_t
finish(__m128i a, const uint8_t *p, size_t n)
{
	const __m128i by128 = _mm_set_epi64x(0xccaa009e, 0x1751997d0);
	uint32_t crc;

	for (; n >= 16; p += 16, n -= 16)
		a = fold(a, by128, load(p));
	crc = reduce(a);
	return n == 0 ? crc : crc_short(crc, p, n);
}

/* Four lanes of 16 bytes; n is at least 16. */
FOLD static uint32_t
crc_lanes(uint32_t crc, const uint8_t *p, size_t n)
{
	const __m128i by512 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
	const __m128i by128 = _mm_set_epi64x(0xccaa009e, 0x1751997d0);
	__m128i a = _mm_xor_si128(load(p), _mm_cvtsi32_si128((int)crc));
	__m128i b, c, d;

	if (n < 64)
		return finish(a, p + 16, n - 16);
	b = load(p + 16);
	c = load(p + 32);
	d = load(p + 48);
	for (p += 64, n -= 64; n >= 64; p += 64, n -= 64) {
		a = fold(a, by512, load(p));
		b = fold(b, by512, load(p + 16));
		c = fold(c, by512, load(p + 32));
		d = fold(d, by512, load(p + 48));
	}
	a = fold(a, by128, b);
	a = fold(a, by128, c);
	a = fold(a, by128, d);
	return finish(a, p, n);
}

WIDE static inline __m512i
load_wide(const uint8_t *p)
{
	return _mm512_loadu_si512((const void *)p);
}

/* fold() of four lanes at once; 0x96 is the exclusive or of three. */
WIDE static inline __m512i
fold_wide(__m512i x, __m512i k, __m512i data)
{
	__m512i low = _mm512_clmulepi64_epi128(x, k, 0x00);
	__m512i high = _mm512_clmulepi64_epi128(x, k, 0x11);

	return _mm512_ternarylogic_epi64(low, high, data, 0x96);
}

/* Four times four lanes; n is at least 256. */
WIDE static uint32_t
crc_wide(uint32_t crc, const uint8_t *p, size_t n)
{
	const __m512i by2048 =
	    _mm512_broadcast_i32x4(_mm_set_epi64x(0x1322d1430, 0x11542778a));
	const __m512i by512 =
	    _mm512_broadcast_i32x4(_mm_set_epi64x(0x1c6e41596, 0x154442bd4));
	const __m128i by128 = _mm_set_epi64x(0xccaa009e, 0x1751997d0);
	__m512i a = load_wide(p), b = load_wide(p + 64);
	__m512i c = load_wide(p + 128), d = load_wide(p + 192);
	__m128i x;

	a = _mm512_xor_si512(
	    a, _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)crc)));
	for (p += 256, n -= 256; n >= 256; p += 256, n -= 256) {
		a = fold_wide(a, by2048, load_wide(p));
		b = fold_wide(b, by2048, load_wide(p + 64));
		c = fold_wide(c, by2048, load_wide(p + 128));
		d = fold_wide(d, by2048, load_wide(p + 192));
	}
	a = fold_wide(a, by512, b);
	a = fold_wide(a, by512, c);
	a = fold_wide(a, by512, d);
	for (; n >= 64; p += 64, n -= 64)
		a = fold_wide(a, by512, load_wide(p));
	x = _mm512_castsi512_si128(a);
	x = fold(x, by128, _mm512_extracti32x4_epi32(a, 1));
	x = fold(x, by128, _mm512_extracti32x4_epi32(a, 2));
	x = fold(x, by128, _mm512_extracti32x4_epi32(a, 3));
	return finish(x, p, n);
}

/* a times b mod P times x^32, which is what reducing adds. */
FOLD static uint32_t
multiply(uint32_t a, uint32_t b)
{
	__m128i t = _mm_clmulepi64_si128(
	    _mm_cvtsi32_si128((int)a), _mm_cvtsi32_si128((int)b), 0x00);

	/* Reflected, a product of 63 bits stands one bit too low. */
	return reduce(_mm_slli_si128(_mm_slli_epi64(t, 1), 8));
}

enum es_crc_method
es_crc32_best(void)
{
	if (!__builtin_cpu_supports("pclmul") ||
	    !__builtin_cpu_supports("sse4.1"))
		return ES_CRC_ZLIB;
	if (!__builtin_cpu_supports("avx512f") ||
	    !__builtin_cpu_supports("vpclmulqdq"))
		return ES_CRC_LANES;
	return ES_CRC_WIDE;
}

uint32_t
es_crc32_by(enum es_crc_method method, uint32_t crc, const void *p, size_t n)
{
	if (n == 0)
		return crc;
	if (method == ES_CRC_ZLIB)
		return (uint32_t)crc32_z(crc, p, n);
	if (n < 16)
		return ~crc_short(~crc, p, n);
	if (n < 256 || method == ES_CRC_LANES)
		return ~crc_lanes(~crc, p, n);
	return ~crc_wide(~crc, p, n);
}
#else
static uint32_t
multiply(uint32_t a, uint32_t b)
{
	(void)b;
	return a; /* never called: es_crc32_best() is ES_CRC_ZLIB */
}

enum es_crc_method
es_crc32_best(void)
{
	return ES_CRC_ZLIB;
}

uint32_t
es_crc32_by(enum es_crc_method method, uint32_t crc, const void *p, size_t n)
{
	(void)method;
	return n == 0 ? crc : (uint32_t)crc32_z(crc, p, n);
}
#endif

uint32_t
es_crc32(uint32_t crc, const void *p, size_t n)
{
	return es_crc32_by(es_crc32_best(), crc, p, n);
}

/* Moving on by n bytes is multiplying by x^8n.  multiply() adds four bytes to
 * that: so many less, in the order of x, which is 2^32 - 1 bits or bytes. */
uint32_t
es_crc32_join_op(size_t second_len)
{
	uint64_t n = second_len;

	if (es_crc32_best() != ES_CRC_ZLIB)
		n += UINT32_MAX - 4;
	return (uint32_t)crc32_combine_gen((z_off_t)n);
}

uint32_t
es_crc32_join(uint32_t first, uint32_t second, uint32_t op)
{
	return es_crc32_best() == ES_CRC_ZLIB
	           ? (uint32_t)crc32_combine_op(first, second, op)
	           : multiply(first, op) ^ second;
}
