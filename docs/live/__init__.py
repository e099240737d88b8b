"""Explorers that need no kernel: measured tables, and the scripts that draw them on a page.

    python -m docs.live build/site/_static/live

measures the nets of lessons 02, 03, 06, 07 and 08 once, writes one `NN.json` a lesson into the
folder, and puts `live.js` and what it imports beside them.
"""
