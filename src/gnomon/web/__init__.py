"""The workbench in the browser: a server on the loopback that shows the opened files, and nothing else.

``workspace.py`` is what was opened, ``app.py`` the server, ``serve.py`` its start; each pane has a module of routes
and one in ``static/panes``.
Of the package only this folder knows starlette and uvicorn, which the extra ``gnomon-xtal[view]`` installs.
"""
