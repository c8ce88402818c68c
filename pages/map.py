"""Map: what does it see as alike?"""

from pages._evaluate import scored
from pages._map import choices, features, scatter, selection

run, data, evaluation = scored.open_page(
    "Map",
    "What does it see as alike? Each point is a test image; those that look alike to the model "
    "lie close together.",
)
values = features.read(run, data)
choices.render_filters(evaluation)
points = features.render_projection(run, data, values)
dots = selection.choose_dots(points, evaluation)
event = scatter.render(dots, evaluation, data)
selection.follow(event)
selection.render_images(dots, evaluation, data)
