"""The hospital as data: its folder, its codes and units, and every defect of them."""
