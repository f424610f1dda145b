// The guide (chapter 23): the address names the answer that is open, and opens it.
"use strict";

{
  const GUIDE = "details.guide";
  const closeRivals = (answer) => {
    for (const rival of answer.parentElement.children) if (rival !== answer && rival.matches(GUIDE)) rival.open = false;
  };
  const follow = () => {
    const answer = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!answer?.matches(GUIDE)) return;
    document.documentElement.dataset.whole = ""; // all is laid out, so that it lands right
    // Boxes in boxes: an answer opens with all that lead to it.
    for (let box = answer; box; box = box.parentElement.closest(GUIDE)) {
      closeRivals(box);
      box.open = true;
    }
    answer.scrollIntoView();
    answer.querySelector("summary").focus({ preventScroll: true });
  };
  for (const answer of document.querySelectorAll(`${GUIDE}[id]`)) {
    answer.querySelector("summary").addEventListener("click", () => {
      if (answer.open) return; // it closes
      closeRivals(answer);
      history.replaceState(null, "", `#${answer.id}`);
    });
  }
  addEventListener("hashchange", follow);
  follow();
}
