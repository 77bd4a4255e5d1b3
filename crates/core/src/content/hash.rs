//! A keyed hash for content: HMAC-SHA-256, truncated to 64 bits.
//!
//! Implemented here because the crates for it would double this crate's dependencies. Source: FIPS 180-4 and RFC 2104;
//! the tests use their vectors.

const BLOCK: usize = 64;

/// The key of content hashes, ready for use.
#[derive(Clone)]
pub(super) struct Key([u8; BLOCK]);

impl Default for Key {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Key {
    pub(super) fn new(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        let short;
        let key = if key.len() > BLOCK {
            short = sha256(&[key]);
            &short[..]
        } else {
            key
        };
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Self(block)
    }

    fn hmac(&self, text: &[u8]) -> [u8; 32] {
        let inner = sha256(&[&self.0.map(|byte| byte ^ 0x36), text]);
        sha256(&[&self.0.map(|byte| byte ^ 0x5c), &inner])
    }

    /// Returns the hash of a text as 16 hexadecimal digits.
    pub(super) fn digits(&self, text: &str) -> String {
        let bytes = self.hmac(text.as_bytes());
        let digit =
            |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16));
        bytes.iter().take(8).flat_map(digit).flatten().collect()
    }

    /// Returns `[hash:<16 hexadecimal digits>]`.
    pub(super) fn mark(&self, text: &str) -> String {
        format!("[hash:{}]", self.digits(text))
    }
}

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
const ROUNDS: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// The first 32 bits of the fractional parts of the square roots of the first eight primes.
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Returns the digest of the concatenated pieces.
fn sha256(pieces: &[&[u8]]) -> [u8; 32] {
    let mut state = START;
    let mut block = [0_u8; BLOCK];
    let mut filled = 0_usize;
    let mut bits = 0_u64;
    let end = [0x80_u8];
    let mut push = |bytes: &[u8], filled: &mut usize, state: &mut [u32; 8]| {
        for byte in bytes {
            if let Some(to) = block.get_mut(*filled) {
                *to = *byte;
            }
            *filled += 1;
            if *filled == BLOCK {
                compress(state, &block);
                *filled = 0;
            }
        }
    };
    for piece in pieces {
        push(piece, &mut filled, &mut state);
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        bits = bits.wrapping_add(length.wrapping_mul(8));
    }
    push(&end, &mut filled, &mut state);
    while filled != BLOCK - 8 {
        push(&[0], &mut filled, &mut state);
    }
    push(&bits.to_be_bytes(), &mut filled, &mut state);
    let mut digest = [0; 32];
    for (to, from) in digest
        .iter_mut()
        .zip(state.iter().flat_map(|word| word.to_be_bytes()))
    {
        *to = from;
    }
    digest
}

fn compress(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    let mut words = [0_u32; 64];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes
            .iter()
            .fold(0, |word, byte| (word << 8) | u32::from(*byte));
    }
    let word = |words: &[u32; 64], at: usize| words.get(at).copied().unwrap_or_default();
    for at in 16..64 {
        let (back15, back2) = (word(&words, at - 15), word(&words, at - 2));
        let small0 = back15.rotate_right(7) ^ back15.rotate_right(18) ^ (back15 >> 3);
        let small1 = back2.rotate_right(17) ^ back2.rotate_right(19) ^ (back2 >> 10);
        let sum = word(&words, at - 16)
            .wrapping_add(small0)
            .wrapping_add(word(&words, at - 7))
            .wrapping_add(small1);
        if let Some(to) = words.get_mut(at) {
            *to = sum;
        }
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (round, word) in ROUNDS.iter().zip(words) {
        let big1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let first = h
            .wrapping_add(big1)
            .wrapping_add(choice)
            .wrapping_add(*round)
            .wrapping_add(word);
        let big0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(big0.wrapping_add(majority)));
    }
    for (to, add) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *to = to.wrapping_add(add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(digest: &[u8]) -> String {
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_standards_vectors() {
        for (text, digest) in [
            (
                "",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
        ] {
            assert_eq!(hex(&sha256(&[text.as_bytes()])), digest);
        }
        let million = "a".repeat(1_000_000);
        assert_eq!(
            hex(&sha256(&[million.as_bytes()])),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        );
        // RFC 4231, test cases 2 and 6.
        assert_eq!(
            hex(&Key::new(b"Jefe").hmac(b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(&Key::new(&[0xaa; 131])
                .hmac(b"Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
