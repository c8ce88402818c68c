"""What the model for drawings is fine-tuned on."""

import numpy as np

from fmnist.data.dataset import load_dataset
from fmnist.drawing.corrections import correct
from fmnist.drawing.fine_tuning_data import augment_correction
from fmnist.drawing.strokes import load_examples

EXAMPLES = list(load_examples().values())


def test_variants_are_of_the_pictures_kind_and_the_same_again(lab):
    drawing = correct(0, 1, EXAMPLES[0])
    picture = correct(0, 1, image=load_dataset().train_images[0])
    for one in (drawing, picture):
        variants = augment_correction(one, 6)
        assert (variants.shape, variants.dtype) == ((6, 28, 28), np.uint8)
        np.testing.assert_array_equal(variants[0], one.image)
        np.testing.assert_array_equal(variants[1], one.image[:, ::-1])
        assert len({variant.tobytes() for variant in variants}) == 6
        np.testing.assert_array_equal(variants, augment_correction(one, 6))
