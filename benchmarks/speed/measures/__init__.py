"""What is measured, one file for each: `measure` gives a section of figures with their floors and bounds."""
