"""Inside: what do the convolution, the pooling and the filters do to this image?"""

import streamlit as st

from fmnist.glossary import GLOSSARY
from pages._draw.models import find_answering
from pages._evaluate import not_scored
from pages._inside import by_hand, change, image_choice, network, why
from pages._shared import model_in_hand, standin, view_switch
from pages._shared.data import dataset, switch_to_dataset_of

VIEWS = {
    "by-hand": (":material/calculate: By hand", by_hand.render),
    "network": (":material/account_tree: Layers", network.render),
    "why": (":material/help_center: Why this answer", why.render),
    "change": (":material/brush: Change it", change.render),
}


@st.dialog("Words", width="medium")
def render_words() -> None:
    for word, meaning in GLOSSARY.items():
        st.markdown(f"**{word}.** {meaning}")


standin.render_banner()
st.title("Inside")
st.markdown("What do the convolution, the pooling and the filters do to this image?")
run = model_in_hand.read()
chosen = image_choice.render(lambda: switch_to_dataset_of(run) if run else dataset())
if chosen.sketch is not None:
    in_hand, run = run, find_answering(run, chosen.sketch)
with st.container(horizontal=True, horizontal_alignment="distribute"):
    view = view_switch.render({name: label for name, (label, _) in VIEWS.items()})
    if st.button("Words", icon=":material/menu_book:"):
        render_words()
if run is None and view != "by-hand":
    not_scored.render_no_run()
else:
    if chosen.sketch is not None and run != in_hand and view != "by-hand":
        st.caption("This is the model for drawings, which answers on Draw.")
    VIEWS[view][1](run, chosen.image)
