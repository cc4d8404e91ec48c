"""Tags: the taxonomy they form, and how a video's tags become a sparse vector."""
