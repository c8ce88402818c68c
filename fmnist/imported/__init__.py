"""A model file trained elsewhere: is it safe, what does it expect, how good is it?"""
