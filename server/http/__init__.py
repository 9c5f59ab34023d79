"""Plain HTTP: the pages, a little REST, and the questions of whoever watches over the server."""
