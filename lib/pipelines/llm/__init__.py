"""The `llm` reader's protocol (TILT_PROTOCOL=openai): any OpenAI-compatible server answers.

In: an OCR document and questions. Out: answers, through the client that the TILT protocols share. One concept a module:

    page_text   a page's words as lines of text        answers    a completion -> answers
    images      a page's image as a content part       refusals   an error body -> why the server refuses
    prompt      what the model is told                 dialect    what a server takes, and what to try next
    request     the body of POST /chat/completions     parts      a long document, cut so that it fits
    models      which model is asked                   exchange   the conversation about one document
"""
