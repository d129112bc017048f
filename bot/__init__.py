"""The conversation: people, chats and buttons, over recsys and storage."""

import os

# One answer is a few small matrix products: a second BLAS thread only waits for the first, and on a busy
# machine makes an answer several times slower. Set before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# python-telegram-bot warns of every flood wait unless its lengths are asked for as timedeltas.
os.environ.setdefault("PTB_TIMEDELTA", "1")
