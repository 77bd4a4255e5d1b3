"""Writes a llama model of random weights: too small to say anything, big enough to count tokens and stream.

Its tokenizer has the 256 bytes, so that any text can be read and any byte can be "said", and common characters of
one byte and of several.
"""

import sys

import gguf
import numpy

BLOCKS, WIDTH, HEADS, FEED_FORWARD, CONTEXT = 2, 64, 4, 128, 4096
SPECIAL = ["<unk>", "<s>", "</s>"]
CHARACTERS = [chr(code) for code in range(0x20, 0x7F)] + list("\u2581äöüßéèêçñåø€→“”‘’…–—αβγδλπΣΩжшщыя中文字日本語한글🙂")
CHAT = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant:"


def write(path: str) -> None:
    model = gguf.GGUFWriter(path, "llama")
    model.add_name("tiny")
    model.add_block_count(BLOCKS)
    model.add_context_length(CONTEXT)
    model.add_embedding_length(WIDTH)
    model.add_feed_forward_length(FEED_FORWARD)
    model.add_head_count(HEADS)
    model.add_head_count_kv(HEADS)
    model.add_layer_norm_rms_eps(1e-5)
    model.add_rope_dimension_count(WIDTH // HEADS)

    kind = gguf.TokenType
    tokens = [
        (SPECIAL[0], kind.UNKNOWN),
        (SPECIAL[1], kind.CONTROL),
        (SPECIAL[2], kind.CONTROL),
        *((f"<0x{byte:02X}>", kind.BYTE) for byte in range(256)),
        *((character, kind.NORMAL) for character in dict.fromkeys(CHARACTERS)),
    ]
    model.add_tokenizer_model("llama")
    model.add_token_list([token.encode() for token, _ in tokens])
    model.add_token_scores([0.0] * len(tokens))
    model.add_token_types([kind for _, kind in tokens])
    model.add_unk_token_id(0)
    model.add_bos_token_id(1)
    model.add_eos_token_id(2)
    model.add_add_bos_token(True)
    model.add_chat_template(CHAT)

    random = numpy.random.default_rng(7)

    def weights(name: str, *shape: int) -> None:
        model.add_tensor(name, random.normal(0, 0.3, shape).astype(numpy.float32))

    def ones(name: str) -> None:
        model.add_tensor(name, numpy.ones(WIDTH, dtype=numpy.float32))

    weights("token_embd.weight", len(tokens), WIDTH)
    weights("output.weight", len(tokens), WIDTH)
    ones("output_norm.weight")
    for block in range(BLOCKS):
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights(f"blk.{block}.{part}.weight", WIDTH, WIDTH)
        weights(f"blk.{block}.ffn_gate.weight", FEED_FORWARD, WIDTH)
        weights(f"blk.{block}.ffn_up.weight", FEED_FORWARD, WIDTH)
        weights(f"blk.{block}.ffn_down.weight", WIDTH, FEED_FORWARD)
        ones(f"blk.{block}.attn_norm.weight")
        ones(f"blk.{block}.ffn_norm.weight")
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


write(sys.argv[1])
