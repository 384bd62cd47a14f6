"""What others know of what was heard: tags, bios, who is alike, links, ids."""
