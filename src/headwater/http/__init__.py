"""What every HTTP surface shares: endpoints, bodies, answers, errors, paging, metrics, and the server."""
