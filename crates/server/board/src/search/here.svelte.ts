// What the page on screen adds to the palette, which belongs to every page.

class Here {
  /** Attribute paths that the page can group by; null where it does not group. */
  paths = $state.raw<string[] | null>(null);

  /** For an effect, which undoes it. */
  groupsBy(attributes: { path: string }[]): () => void {
    this.paths = attributes.map(({ path }) => path);
    return () => (this.paths = null);
  }
}

export const here = new Here();
