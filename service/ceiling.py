"""The ceiling: the least that a list of twenty costs over HTTP here. Benchmarks put real answers beside it."""

from fastapi import FastAPI

from service.schemas.recommendations import Recommendations, RecommendedVideo

_LIST = Recommendations.model_construct(
    request_id="0" * 32,
    viewer_id="u1",
    bundle="0" * 16,
    as_of=0,
    fallback=None,
    n_candidates=20,
    videos=[
        RecommendedVideo.model_construct(
            video_id=f"v{at}", title=f"Video {at}", score=1.0, state="warm", source="item_item", reasons=[]
        )
        for at in range(20)
    ],
)


def create_ceiling() -> FastAPI:
    """An app with one route that always answers the same."""
    app = FastAPI()

    @app.get("/ceiling", response_model=Recommendations)
    async def ceiling() -> Recommendations:
        return _LIST

    return app
