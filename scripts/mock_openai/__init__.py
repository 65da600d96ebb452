"""What the mock is where MOCK_PROFILE makes it a stock OpenAI-compatible server with a general model.

In: a chat request, and nothing beside it: the model here sees the text and the images that stand in it. Out: a chat
completion, or the refusal of the server family that the profile is named after. One concept a module:

    profiles   what each family takes, and its errors      reading   text -> words with places, the keys that are asked
    chat       one request -> one completion               shapes    right completions -> odd ones
"""
