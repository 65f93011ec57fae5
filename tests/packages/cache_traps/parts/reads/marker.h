/* found for the variant "reads" */
