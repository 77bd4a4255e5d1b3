"""Serves a model with llama.cpp's own server on a loopback port until stdin ends: `serve.py MODEL PORT`."""

import sys

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.port = int(sys.argv[2])
params.model_alias = {"tiny"}
params.n_ctx = 4096
params.n_parallel = 4
params.warmup = False
params.ui = False
params.offline = True
server = xllamacpp.Server(params)
sys.stdin.read()
