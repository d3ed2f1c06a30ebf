"""The network in floats, for training: a transformer decoder of pre-normalised blocks.

Attention has linear biases instead of positions (O. Press, N. Smith and M. Lewis, "Train Short, Test
Long", 2021), and the hidden layers are squares of rectified values (D. So and others, "Primer", 2021).
The matrix of the tokens is also that of the answers.
"""

import jax
import jax.numpy as jnp
import numpy as np

from bpe import TOKENS

WIDTH, LAYERS, HEADS, HIDDEN = 128, 4, 4, 512
HEAD = WIDTH // HEADS
WINDOW = 256
EPSILON = 1e-6
SLOPES = np.array([4.0**-i for i in range(1, HEADS + 1)], np.float32)


def start(seed):
    """Returns random weights."""
    rng = np.random.default_rng(seed)

    def matrix(rows, columns, scale=1.0):
        return jnp.asarray(rng.normal(0, scale * columns**-0.5, (rows, columns)), jnp.float32)

    out = (2 * LAYERS) ** -0.5
    return {
        "tokens": matrix(TOKENS, WIDTH),
        "norm": jnp.ones(WIDTH),
        "layers": [
            {
                "norm1": jnp.ones(WIDTH),
                "qkv": matrix(3 * WIDTH, WIDTH),
                "mix": matrix(WIDTH, WIDTH, out),
                "norm2": jnp.ones(WIDTH),
                "up": matrix(HIDDEN, WIDTH),
                "down": matrix(WIDTH, HIDDEN, out),
            }
            for _ in range(LAYERS)
        ],
    }


def normal(x, scale):
    mean = x.mean(-1, keepdims=True)
    distance = x - mean
    return distance * jax.lax.rsqrt((distance**2).mean(-1, keepdims=True) + EPSILON) * scale


def trunk(weights, tokens):
    """Returns the vectors after the last block for tokens [batch, time], before the last norm."""
    time = tokens.shape[1]
    distance = np.arange(time)[:, None] - np.arange(time)
    seen = (distance >= 0) & (distance < WINDOW)
    bias = np.where(seen, -SLOPES[:, None, None] * distance, -1e9).astype(np.float32)
    x = weights["tokens"][tokens]
    for layer in weights["layers"]:
        qkv = normal(x, layer["norm1"]) @ layer["qkv"].T
        q, k, v = (part.reshape(*tokens.shape, HEADS, HEAD) for part in jnp.split(qkv, 3, -1))
        scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) * HEAD**-0.5 + bias
        heads = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), v)
        x = x + heads.reshape(x.shape) @ layer["mix"].T
        hidden = jax.nn.relu(normal(x, layer["norm2"]) @ layer["up"].T) ** 2
        x = x + hidden @ layer["down"].T
    return x


def logits(weights, tokens):
    return normal(trunk(weights, tokens), weights["norm"]) @ weights["tokens"].T


def loss(weights, tokens):
    """Returns the mean of nats of a token, for tokens [batch, time + 1]."""
    scores = jax.nn.log_softmax(logits(weights, tokens[:, :-1]))
    return -jnp.take_along_axis(scores, tokens[:, 1:, None], -1).mean()
