"""Text that customers leave, written by grammars of our own: `zh.yaml` and `en.yaml`, read by `grammar`.

`rendering` turns rows that say what is meant (topic, polarity, intensity) into rows with words. No sentence here was
copied from anywhere, and none is about anyone.
"""
