"""The words of the field that the pages use, each in two sentences, for help beside a setting."""

from __future__ import annotations

GLOSSARY: dict[str, str] = {
    "Filter": "A small grid of numbers, its kernel, that slides over the image and answers "
    "strongly where the image looks like it. A convolution has many filters and learns their "
    "numbers in training; each gives one feature map.",
    "Stride": "How many pixels the window moves from one place to the next. A stride of 2 leaves "
    "half as many rows and columns.",
    "Padding": "valid: the window stays inside the image, so that a 3 × 3 kernel makes 26 pixels "
    "of 28. same: the image is padded, so that a stride of 1 keeps its size.",
    "ReLU": "What is below zero becomes zero, and the rest stays as it is. Without such a bend "
    "between them, two convolutions in a row could do no more than a single larger one.",
    "Pooling": "One number stands for each window of a map: its largest, or the mean. The map gets "
    "smaller, and where exactly something lies matters less.",
    "Flatten": "Writes all numbers of the last feature maps in one long row, for the dense layers. "
    "64 maps of 7 × 7 make 3,136 numbers.",
    "Softmax": "Turns ten scores into ten probabilities that add up to 100 %. A score that is 1 "
    "higher makes a class 2.7 times as likely.",
    "Dropout": "Sets this fraction of the activations to zero in training, another random choice "
    "at every step. No unit can rely on another one then, which counters overfitting; "
    "predictions use them all.",
    "Epoch": "One pass over the training images, in an order drawn anew. More of them fit these "
    "images better; the validation curve shows whether that helps with others.",
    "Batch": "The images that one step looks at: the weights change once, by the mean of what each "
    "of them asks for. 54,000 images in batches of 128 make 422 steps in an epoch.",
    "Overfitting": "The network gets better on the images it is trained on, and no better or worse "
    "on others. It shows as a validation loss that rises while the training loss falls.",
}
