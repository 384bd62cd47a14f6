"""Cards: charts of a life as SVG pictures, for pages that show an address and run nothing."""
