"""You against the model: who is better at the hard ones?"""

import streamlit as st

from fmnist.data.dataset import CLASS_NAMES
from fmnist.evaluation.match import compute_match, draw_images
from pages._evaluate import scored
from pages._match import game, result
from pages._shared import url

run, data, evaluation = scored.open_page(
    "You against the model",
    "Who is better at the hard ones? Thirty tops, dresses and coats, drawn from the tenth that "
    "this model hesitated over most, right or wrong.",
)
if data.class_names != CLASS_NAMES:
    st.info("This is about the classes of Fashion-MNIST; the data here has others.")
    st.stop()
seed = url.read("seed")
indices = draw_images(evaluation, seed)
answers = game.read_answers(f"{run.run_id}_{data.fingerprint}_{seed}")
if len(answers) < len(indices):
    game.render(data, indices, len(answers), answers.append, lambda: game.step_back(answers))
else:
    result.render(compute_match(evaluation, indices, answers), data)
    game.render_again(answers, seed)
    link = url.link(model=run.run_id)
    label = "Challenge others, by a link"
    st.page_link("pages/challenge.py", label=label, icon=":material/groups:", query_params=link)
