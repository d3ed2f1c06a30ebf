"""Byte-pair encoding: texts as numbers of tokens, and back.

Tokens 0 to 255 are bytes, the next ones are pairs of tokens before them, and the last one is the end
of a text. A text is cut into pieces first, and no token goes beyond its piece: an optional space and
letters, a digit, or signs; or white space. The plugin does the same in src/tokens.rs.
"""

import collections

TOKENS = 1024
END = TOKENS - 1
LONGEST = 32  # bytes of a piece

_LETTER, _DIGIT, _SPACE, _SIGN = range(4)


def _kind(byte):
    if byte >= 0x80 or chr(byte).isalpha():
        return _LETTER
    if chr(byte).isdigit():
        return _DIGIT
    return _SPACE if byte in b" \t\n\r" else _SIGN


_KINDS = [_kind(byte) for byte in range(256)]


def pieces(text):
    """Returns the pieces of bytes."""
    out = []
    at = 0
    while at < len(text):
        end = at + 1
        kind = _KINDS[text[at]]
        if text[at] == 0x20 and end < len(text) and _KINDS[text[end]] != _SPACE:
            kind = _KINDS[text[end]]
            end += 1
        if kind != _DIGIT:
            last = text[end - 1]
            while end < len(text) and end - at < LONGEST and _KINDS[text[end]] == kind:
                if kind == _SPACE and text[end] != last:
                    break
                end += 1
        out.append(text[at:end])
        at = end
    return out


def learn(texts):
    """Returns the pairs that the tokens 256 to END - 1 stand for: the most frequent one first."""
    counts = collections.Counter(piece for text in texts for piece in pieces(text))
    words = [(list(piece), count) for piece, count in sorted(counts.items())]
    pairs = collections.Counter()
    where = collections.defaultdict(set)
    for at, (word, count) in enumerate(words):
        for pair in zip(word, word[1:]):
            pairs[pair] += count
            where[pair].add(at)
    merges = []
    for token in range(256, END):
        pair = max(pairs, key=lambda p: (pairs[p], -p[0], -p[1]))
        merges.append(pair)
        for at in where.pop(pair):
            word, count = words[at]
            for old in zip(word, word[1:]):
                pairs[old] -= count
            word[:] = merged(word, pair, token)
            for new in zip(word, word[1:]):
                pairs[new] += count
                where[new].add(at)
        del pairs[pair]
    return merges


def merged(word, pair, token):
    """Returns a word with a token for each pair, from the left."""
    out = []
    at = 0
    while at < len(word):
        if tuple(word[at : at + 2]) == pair:
            out.append(token)
            at += 2
        else:
            out.append(word[at])
            at += 1
    return out


class Encoder:
    def __init__(self, merges):
        self.ranks = {tuple(pair): 256 + i for i, pair in enumerate(merges)}
        self.bytes = [bytes([i]) for i in range(256)]
        for a, b in merges:
            self.bytes.append(self.bytes[a] + self.bytes[b])
        self.bytes.append(b"")
        self.known = {}

    def encode(self, text):
        """Returns the tokens of bytes."""
        out = []
        for piece in pieces(text):
            if piece not in self.known:
                word = list(piece)
                while True:
                    token = min((self.ranks[p] for p in zip(word, word[1:]) if p in self.ranks), default=None)
                    if token is None:
                        break
                    word = merged(word, next(p for p in zip(word, word[1:]) if self.ranks.get(p) == token), token)
                self.known[piece] = word
            out += self.known[piece]
        return out

    def decode(self, tokens):
        """Returns the bytes of tokens."""
        return b"".join(self.bytes[token] for token in tokens)
