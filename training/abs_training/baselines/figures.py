"""What a baseline network is worth: its accuracy, and its accuracy under attack."""

from typing import Any

from abs_training.baselines.adversarial_attack import Attack, accuracy, robust_accuracy
from abs_training.baselines.cnn import Cnn
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import ImageSet, to_unit_range


def measure(
    cnn: Cnn, image_set: ImageSet, attacked: int, attack: Attack, seed: int
) -> dict[str, Any]:
    """Accuracy on all images of a set, and under attack on the first `attacked` of them."""
    images = to_unit_range(image_set.images)
    count = min(attacked, len(images))
    return {
        "images": len(images),
        "accuracy": round(accuracy(cnn, images, image_set.labels), 5),
        "attack": str(attack),
        "attacked_images": count,
        "robust_accuracy": round(
            robust_accuracy(
                cnn,
                images[:count],
                image_set.labels[:count],
                attack,
                generator_for(seed, "evaluation"),
            ),
            5,
        ),
    }


def described(figures: dict[str, Any]) -> str:
    """These figures as words."""
    return (
        f"accuracy {100 * figures['accuracy']:.2f} %; under attack ({figures['attack']}; first "
        f"{figures['attacked_images']}) {100 * figures['robust_accuracy']:.2f} %"
    )
