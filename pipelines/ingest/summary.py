"""What ingest did."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TableCount:
    """What became of one table's rows: read = kept + repeated + rejected."""

    read: int = 0
    kept: int = 0
    repeated: int = 0
    """Equal to an earlier row of the same key, and dropped."""
    rejected: int = 0


@dataclass(frozen=True, kw_only=True)
class IngestSummary:
    """What ingest read, kept and refused."""

    folder: str
    tables: dict[str, TableCount]
    rejects: dict[str, int]
    """Rejects by table, column and reason; a header's unknown column counts here, but as no row."""
    bare_videos: int
    """Videos that events or tags name and the videos table lacked: added with nothing but their id."""
    content_hash: str
    """Over the tables' names and bytes."""

    def lines(self) -> list[str]:
        """The summary in words."""
        lines = [
            f"{name}: {count.kept:,} of {count.read:,} rows kept"
            + (f", {count.repeated:,} repeated" if count.repeated else "")
            + (f", {count.rejected:,} rejected" if count.rejected else "")
            for name, count in self.tables.items()
            if count.read
        ]
        if self.bare_videos:
            lines.append(f"videos: {self.bare_videos:,} more are named by events or tags; added with their id only")
        lines += [f"rejected {n:,} × {reason}" for reason, n in sorted(self.rejects.items(), key=lambda one: -one[1])]
        if self.rejects:
            lines.append(f"see {self.folder}/rejects.csv for their lines")
        return [*lines, f"tables are in {self.folder}"]
