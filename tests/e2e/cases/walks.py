"""Queries of pages that several cases use."""

ISSUES = """query Issues {
  repository(owner: "o", name: "n") {
    issues {
      nodes {
        id
        number
        title
        createdAt
        updatedAt
        author { login }
        labels { nodes { id name } }
        comments { nodes { id body } }
      }
    }
  }
}
"""

# One connection without others below it, for tests of faults.
FLAT = """{
  repository(owner: "o", name: "n") {
    issues { nodes { id number title author { login } } }
  }
}
"""

CHANGED = """query($since: DateTime) @incremental {
  repository(owner: "o", name: "n") {
    issues(filterBy: {since: $since}) {
      nodes { id number title updatedAt comments { nodes { id body } } }
    }
  }
}
"""

ORDERS = """{
  orders {
    edges {
      node {
        id
        number
        created
        total { gross { amount currency } }
        metadata { key value }
        lines @table { id productName quantity }
      }
    }
  }
  products { edges { node { id name weight { value unit } } } }
}
"""

TEAMS = """{
  teams {
    nodes {
      id
      name
      issues {
        nodes {
          id
          title
          comments { nodes { id body } }
        }
      }
    }
  }
}
"""

DEVICES = """{
  InfraDevice {
    edges {
      node_metadata { updated_at }
      node {
        id
        name { value is_default }
        height { value }
        labels { value }
        mac { value }
        site { node { id name { value } } }
        tags { edges { node { id name { value } } } }
        interfaces {
          edges { node { id name { value } tags { edges { node { id } } } } }
        }
      }
    }
  }
}
"""

# Relay at depth three below plain objects, with totals and fields of edges.
LIBRARY = """{
  library {
    id
    name
    info {
      opened
      shelves {
        edges {
          position
          node {
            id
            label
            books { edges { node { id title } } }
          }
        }
      }
    }
  }
}
"""

# Pages by skip and limit.
ARTICLES = """{
  articles {
    items {
      id
      title
      price
      published
      tags
      links @table { url title }
      revisions { items { id number } }
    }
  }
}
"""

FLAT_ARTICLES = "{ articles { items { id title price } } }\n"

# All other shapes of pages in one query.
SHAPES = """{
  version
  countries { code name }
  entries { nodes { status text data updatedAt } }
  orders { id total lines { id sku quantity } }
  latest(limit: 3) { id title }
  library {
    rooms @table { id name desks { nodes { id number } } }
  }
}
"""
