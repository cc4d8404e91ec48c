"""Bodies of requests and answers, as pydantic models; `fields` holds the types that they share."""
